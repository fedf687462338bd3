import { type Context, type Link, ROOT_CONTEXT, type TextMapGetter, trace } from '@opentelemetry/api';
import { propagation } from '../context/registered-api.ts';
import { callSafely, reportHook } from '../span/failure.ts';
import { NO_LINKS } from '../span/span-start.ts';

/**
 * What the trace context of an inbound request is worth: `continue` makes our span its child, `link` starts a new trace
 * that links to it, `ignore` starts a new trace. Baggage of strangers is taken only with `continue`.
 */
export type Trust = 'continue' | 'link' | 'ignore';

/** The parent and the links of a new SERVER span. */
export type InboundContext = { readonly parent: Context; readonly links: Link[] };

// Most requests at the edge bring nothing, and share this.
const NOTHING: InboundContext = { parent: ROOT_CONTEXT, links: NO_LINKS };

/** Extracts the context of an inbound request and judges it. A `trust` function that fails means `ignore`. */
export function extractTrusted<Carrier, Request>(
  carrier: Carrier,
  getter: TextMapGetter<Carrier>,
  trust: ((request: Request) => Trust) | undefined,
  request: Request,
): InboundContext {
  const verdict = trust === undefined ? 'continue' : (callSafely('trust', trust, request) ?? 'ignore');
  if (verdict !== 'continue' && verdict !== 'link') return NOTHING;
  const parent = extract(carrier, getter);
  if (parent === ROOT_CONTEXT) return NOTHING;
  if (verdict === 'continue') return { parent, links: NO_LINKS };
  const remote = trace.getSpanContext(parent);
  return remote === undefined ? NOTHING : { parent: ROOT_CONTEXT, links: [{ context: remote }] };
}

function extract<Carrier>(carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
  try {
    return propagation.extract(ROOT_CONTEXT, carrier, getter) ?? ROOT_CONTEXT;
  } catch (thrown) {
    reportHook('propagator.extract', thrown);
    return ROOT_CONTEXT;
  }
}
