import { type Context, type Link, propagation, ROOT_CONTEXT, type TextMapGetter, trace } from '@opentelemetry/api';
import { callSafely } from './failure.ts';

/**
 * What the trace context of an inbound request is worth: `continue` makes our span its child, `link` starts a new trace
 * that links to it, `ignore` starts a new trace. Baggage of strangers is taken only with `continue`.
 */
export type Trust = 'continue' | 'link' | 'ignore';

/** The parent and the links of a new SERVER span. */
export type InboundContext = { readonly parent: Context; readonly links: Link[] };

/** Extracts the context of an inbound request and judges it. A `trust` function that fails means `ignore`. */
export function extractTrusted<Carrier, Request>(
  carrier: Carrier,
  getter: TextMapGetter<Carrier>,
  trust: ((request: Request) => Trust) | undefined,
  request: Request,
): InboundContext {
  const verdict = trust === undefined ? 'continue' : (callSafely('trust', trust, request) ?? 'ignore');
  if (verdict === 'continue') return { parent: extract(carrier, getter), links: [] };
  if (verdict !== 'link') return { parent: ROOT_CONTEXT, links: [] };
  const remote = trace.getSpanContext(extract(carrier, getter));
  return { parent: ROOT_CONTEXT, links: remote === undefined ? [] : [{ context: remote }] };
}

function extract<Carrier>(carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
  return callSafely('propagator.extract', () => propagation.extract(ROOT_CONTEXT, carrier, getter)) ?? ROOT_CONTEXT;
}
