import {
  type BaggageEntry,
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
} from '@opentelemetry/api';
import { BaggageEntries } from './baggage-entries.ts';
import { readHeader } from './headers.ts';
import { percentDecode, percentEncode } from './percent-encoding.ts';
import { continueTrace, isSuppressed, outboundSpanContext, remoteTrace } from './remote-trace.ts';
import { isId } from './span-ids.ts';
import { isToken, MAX_BAGGAGE_BYTES, MAX_BAGGAGE_MEMBERS } from './w3c-baggage.ts';

const HEADER = 'uber-trace-id';
const BAGGAGE_PREFIX = 'uberctx-';
const MAX_HEADER_LENGTH = 128;
const DEBUG_FLAG = 0x02;

/**
 * Reads and writes Jaeger's `uber-trace-id` and, as `uberctx-` headers, baggage. Short ids are padded with zeros; the
 * debug flag means sampled and is passed on.
 *
 * @see https://www.jaegertracing.io/sdk-migration/#propagation-format
 */
export class JaegerPropagator implements TextMapPropagator {
  /** Writes the ids of the active span, and the baggage of the context within the limits of W3C baggage. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const outbound = outboundSpanContext(context);
    if (outbound !== undefined) {
      const { traceId, spanId, traceFlags } = outbound;
      const sampled = traceFlags & TraceFlags.SAMPLED;
      const debug = sampled !== 0 && remoteTrace(context, outbound)?.debug === true;
      const flags = debug ? sampled | DEBUG_FLAG : sampled;
      setter.set(carrier, HEADER, `${traceId}:${spanId}:0:0${flags}`);
    }
    if (!isSuppressed(context)) injectBaggage(context, carrier, setter);
  }

  /** A context with the inbound ids and baggage, as far as they are valid. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = readHeader(carrier, getter, HEADER);
    const traced = header === undefined ? context : extractTrace(context, header);
    return extractBaggage(traced, carrier, getter);
  }

  /** The header of the ids; those of baggage depend on its keys. */
  fields(): string[] {
    return [HEADER];
  }
}

// {trace id}:{span id}:{parent span id, deprecated}:{flags}; some clients send the colons percent-encoded
function extractTrace(context: Context, header: string): Context {
  if (header.length > MAX_HEADER_LENGTH) return context;
  const [trace = '', span = '', parent, flags = '', more] = percentDecode(header).toLowerCase().split(':');
  if (parent === undefined || more !== undefined || !/^[\da-f]{1,2}$/.test(flags)) return context;
  const traceId = trace.padStart(32, '0');
  const spanId = span.padStart(16, '0');
  if (traceId.length !== 32 || spanId.length !== 16 || !isId(traceId, 0, 32) || !isId(spanId, 0, 16)) return context;
  const debug = (Number.parseInt(flags, 16) & DEBUG_FLAG) !== 0;
  const sampled = debug || (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  return continueTrace(context, { traceId, spanId, traceFlags: sampled ? 1 : 0 }, { debug });
}

function injectBaggage(context: Context, carrier: unknown, setter: TextMapSetter): void {
  let room = MAX_BAGGAGE_BYTES;
  for (const [key, { value }] of propagation.getBaggage(context)?.getAllEntries().slice(0, MAX_BAGGAGE_MEMBERS) ?? []) {
    const encoded = percentEncode(value);
    const size = key.length + encoded.length;
    if (!isToken(key) || size > room) continue;
    room -= size;
    setter.set(carrier, BAGGAGE_PREFIX + key, encoded);
  }
}

function extractBaggage(context: Context, carrier: unknown, getter: TextMapGetter): Context {
  const entries: [string, BaggageEntry][] = [];
  let room = MAX_BAGGAGE_BYTES;
  for (const name of getter.keys(carrier)) {
    if (!name.toLowerCase().startsWith(BAGGAGE_PREFIX) || entries.length === MAX_BAGGAGE_MEMBERS) continue;
    const key = name.slice(BAGGAGE_PREFIX.length);
    const value = readHeader(carrier, getter, name);
    if (value === undefined || !isToken(key) || key.length + value.length > room) continue;
    room -= key.length + value.length;
    entries.push([key, { value: percentDecode(value) }]);
  }
  return entries.length === 0 ? context : propagation.setBaggage(context, new BaggageEntries(entries));
}
