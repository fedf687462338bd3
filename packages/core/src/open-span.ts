import { type Context, context, type Span, type SpanOptions, SpanStatusCode, trace } from '@opentelemetry/api';
import { errorMessage, errorType, recordException } from './failure.ts';
import { withLocalRoot } from './repeated-query.ts';
import { VERSION } from './version.ts';

/** A span that has started, and the context in which it is active. */
export type OpenSpan = { readonly span: Span; readonly context: Context };

/** Starts a span of the application's own code, a child of the active one. */
export function openSpan(name: string, options: SpanOptions): OpenSpan {
  const parent = context.active();
  const span = trace.getTracer('@throughline/core', VERSION).startSpan(name, options, parent);
  const active = trace.setSpan(parent, span);
  return { span, context: trace.getSpan(parent) === undefined ? withLocalRoot(active, span) : active };
}

/** Ends a span with what was thrown. */
export function failSpan(span: Span, thrown: unknown): void {
  recordException(span, thrown);
  span.setAttribute('error.type', errorType(thrown));
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(thrown) });
  span.end();
}
