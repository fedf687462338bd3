import { context, trace } from '@opentelemetry/api';
import type { RecordedSpan, SpanRecorder } from '@throughline/testkit';

/** Runs something in a span of the name given, as in a request; resolves with what it returns and that span. */
export async function inRequest<Result>(
  recorder: SpanRecorder,
  name: string,
  run: () => Promise<Result>,
): Promise<[Result, RecordedSpan]> {
  const result = await trace.getTracer('test').startActiveSpan(name, async (span) => {
    try {
      return await run();
    } finally {
      span.end();
    }
  });
  return [result, await recorder.take(name)];
}

/** The id of the span that is active. */
export function activeSpanId(): string | undefined {
  return trace.getSpanContext(context.active())?.spanId;
}
