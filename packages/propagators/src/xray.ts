import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
} from '@opentelemetry/api';
import { readHeader, trimSlice } from './headers.ts';
import { continueTrace, outboundSpanContext } from './remote-trace.ts';
import { isHex, isId } from './span-ids.ts';

const HEADER = 'x-amzn-trace-id';
const MAX_HEADER_LENGTH = 1024;

/**
 * Reads and writes AWS X-Ray's `X-Amzn-Trace-Id`. A header without `Parent`, as a load balancer adds it, begins no trace
 * that could be continued; a sampling decision left open counts as not sampled.
 *
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export class XRayPropagator implements TextMapPropagator {
  /** Writes the ids of the active span. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const outbound = outboundSpanContext(context);
    if (outbound === undefined) return;
    const { traceId, spanId, traceFlags } = outbound;
    const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
    setter.set(carrier, HEADER, `Root=${root};Parent=${spanId};Sampled=${traceFlags & TraceFlags.SAMPLED}`);
  }

  /** A context with the inbound ids, or the same context if there are no valid ones. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = readHeader(carrier, getter, HEADER);
    if (header === undefined || header.length > MAX_HEADER_LENGTH) return context;
    const { Root = '', Parent = '', Sampled } = readFields(header);
    const traceId = parseRoot(Root);
    if (traceId === undefined || Parent.length !== 16 || !isId(Parent, 0, 16)) return context;
    const traceFlags = Sampled === '1' ? TraceFlags.SAMPLED : TraceFlags.NONE;
    return continueTrace(context, { traceId, spanId: Parent, traceFlags });
  }

  /** The header that `inject` may write. */
  fields(): string[] {
    return [HEADER];
  }
}

type Fields = { Root?: string; Parent?: string; Sampled?: string };

// Key=value pairs in any order, separated by semicolons; the first one of a key counts.
function readFields(header: string): Fields {
  const fields: Fields = {};
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const key = trimSlice(pair, 0, Math.max(equals, 0));
    if (key !== 'Root' && key !== 'Parent' && key !== 'Sampled') continue;
    fields[key] ??= trimSlice(pair, equals + 1, pair.length);
  }
  return fields;
}

// 1-{8 digits of seconds}-{24 digits}
function parseRoot(root: string): string | undefined {
  if (root.length !== 35 || !root.startsWith('1-') || root[10] !== '-' || !isHex(root, 2, 8)) return undefined;
  const traceId = root.slice(2, 10) + root.slice(11);
  return isId(traceId, 0, 32) ? traceId : undefined;
}
