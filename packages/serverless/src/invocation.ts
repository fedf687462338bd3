import { type Context, context, propagation, ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import { callSafely, recordFailure } from '@throughline/core';

/** Runs a handler in the context of its span, and ends that with what comes of it. */
export async function followInvocation<Result>(
  span: Span,
  spanContext: Context,
  run: () => Promise<Result>,
  beforeEnd: (span: Span) => void,
): Promise<Result> {
  try {
    return await context.with(spanContext, run);
  } catch (thrown) {
    recordFailure(span, thrown);
    throw thrown;
  } finally {
    beforeEnd(span);
    span.end();
  }
}

/**
 * The context that Lambda tells of an invocation in the format of X-Ray, in an environment variable. Only the propagator of
 * X-Ray reads it: `OTEL_PROPAGATORS=tracecontext,baggage,xray`.
 */
export function environmentContext(): Context {
  const { _X_AMZN_TRACE_ID: header } = process.env;
  if (header === undefined) return ROOT_CONTEXT;
  const extract = (): Context => propagation.extract(ROOT_CONTEXT, { 'x-amzn-trace-id': header });
  return callSafely('propagator.extract', extract) ?? ROOT_CONTEXT;
}
