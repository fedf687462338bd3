import {
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
} from '@opentelemetry/api';
import { readHeader } from './headers.ts';
import { continueTrace, type DatadogFacts, outboundSpanContext, remoteTrace } from './remote-trace.ts';
import { isId } from './span-ids.ts';

const TRACE_ID = 'x-datadog-trace-id';
const PARENT_ID = 'x-datadog-parent-id';
const PRIORITY = 'x-datadog-sampling-priority';
const ORIGIN = 'x-datadog-origin';
const TAGS = 'x-datadog-tags';
const HIGH_BITS_TAG = '_dd.p.tid';
const MAX_TAGS_LENGTH = 512;

/**
 * Reads and writes the headers of Datadog's tracers: decimal ids, the upper half of the trace id in the `_dd.p.tid` tag.
 * Priority, origin and the other `_dd.p.` tags of a trace that came in are passed on, the priority as long as it says
 * the same as the sampled flag.
 *
 * @see https://docs.datadoghq.com/tracing/trace_collection/trace_context_propagation/
 */
export class DatadogPropagator implements TextMapPropagator {
  /** Writes the ids of the active span. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const outbound = outboundSpanContext(context);
    if (outbound === undefined) return;
    const facts = remoteTrace(context, outbound)?.datadog;
    setter.set(carrier, TRACE_ID, BigInt(`0x${outbound.traceId.slice(16)}`).toString());
    setter.set(carrier, PARENT_ID, BigInt(`0x${outbound.spanId}`).toString());
    setter.set(carrier, PRIORITY, String(priorityOf(outbound, facts)));
    if (facts?.origin !== undefined) setter.set(carrier, ORIGIN, facts.origin);
    const tags = tagsOf(outbound, facts).join(',');
    if (tags !== '') setter.set(carrier, TAGS, tags);
  }

  /** A context with the inbound ids, or the same context if there are no valid ones. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const low = parseDecimal(readHeader(carrier, getter, TRACE_ID));
    const spanId = parseDecimal(readHeader(carrier, getter, PARENT_ID));
    if (low === undefined || spanId === undefined) return context;
    const [priority, origin] = [readHeader(carrier, getter, PRIORITY), readHeader(carrier, getter, ORIGIN)];
    const { high, tags } = parseTags(readHeader(carrier, getter, TAGS));
    const datadog: DatadogFacts = {
      priority: priority !== undefined && /^(-?1|0|2)$/.test(priority) ? Number(priority) : undefined,
      origin: origin !== undefined && /^[!-~]{1,128}$/.test(origin) ? origin : undefined,
      tags,
    };
    const traceFlags = (datadog.priority ?? 0) > 0 ? TraceFlags.SAMPLED : TraceFlags.NONE;
    return continueTrace(context, { traceId: high + low, spanId, traceFlags }, { datadog });
  }

  /** The headers that `inject` may write. */
  fields(): string[] {
    return [TRACE_ID, PARENT_ID, PRIORITY, ORIGIN, TAGS];
  }
}

function priorityOf({ traceFlags }: SpanContext, facts: DatadogFacts | undefined): number {
  const sampled = traceFlags & TraceFlags.SAMPLED;
  const priority = facts?.priority;
  return priority !== undefined && priority > 0 === (sampled === 1) ? priority : sampled;
}

function tagsOf({ traceId }: SpanContext, facts: DatadogFacts | undefined): string[] {
  const high = traceId.slice(0, 16);
  return [...(isId(high, 0, 16) ? [`${HIGH_BITS_TAG}=${high}`] : []), ...(facts?.tags ?? [])];
}

// An unsigned 64-bit number other than zero, in 16 hex digits.
function parseDecimal(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const hex = BigInt(text).toString(16).padStart(16, '0');
  return hex.length === 16 && isId(hex, 0, 16) ? hex : undefined;
}

// {key}={value},…: only what Datadog means to be propagated, and as its tracers do, all or nothing.
function parseTags(header = ''): { high: string; tags: string[] } {
  const all = header.length > MAX_TAGS_LENGTH ? [] : header.split(',').map((tag) => tag.trim());
  const highBits = all.find((tag) => tag.startsWith(`${HIGH_BITS_TAG}=`))?.slice(HIGH_BITS_TAG.length + 1) ?? '';
  const tags = all.filter((tag) => /^_dd\.p\.[!-+\--<>-~]+=[ -+\--~]+$/.test(tag));
  return {
    high: highBits.length === 16 && isId(highBits, 0, 16) ? highBits : '0'.repeat(16),
    tags: tags.filter((tag) => !tag.startsWith(`${HIGH_BITS_TAG}=`)),
  };
}
