import { type Context, type Span, type SpanOptions, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { withLocalRoot } from '../client/repeated-query.ts';
import { withActiveSpan } from '../context/active-context.ts';
import { context } from '../context/registered-api.ts';
import { VERSION } from '../version.ts';
import { recordFailure } from './failure.ts';

/** A span that has started, and the context in which it is active. */
export type OpenSpan = { readonly span: Span; readonly context: Context };

/** Starts a span of the application's own code, a child of the active one. */
export function openSpan(name: string, options: SpanOptions): OpenSpan {
  const parent = context.active();
  const span = ownTracer().startSpan(name, options, parent);
  const active = withActiveSpan(parent, span);
  return { span, context: trace.getSpan(parent) === undefined ? withLocalRoot(active, span) : active };
}

let provider: TracerProvider | undefined;
let tracer: Tracer | undefined;

// Asking for a tracer costs as much as starting a span, and the answer changes only with the provider behind the API's.
function ownTracer(): Tracer {
  const registered: TracerProvider & { getDelegate?(): TracerProvider } = trace.getTracerProvider();
  const current = registered.getDelegate?.() ?? registered;
  if (tracer === undefined || current !== provider) {
    provider = current;
    tracer = current.getTracer('@throughline/core', VERSION);
  }
  return tracer;
}

/** Ends a span with what was thrown. */
export function failSpan(span: Span, thrown: unknown): void {
  recordFailure(span, thrown);
  span.end();
}
