import { groupByTrace } from '../group-by-trace.ts';
import type { AttributeValue, Resource, Span } from '../span.ts';
import { isInteger } from './otlp-names.ts';
import { tagsOf } from './span-tags.ts';

/** An object that `JSON.stringify` makes Jaeger's JSON of. */
export type JaegerJson = {
  readonly data: readonly JaegerTrace[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly errors: null;
};

/** One trace as Jaeger's UI reads it. */
export type JaegerTrace = {
  readonly traceID: string;
  readonly spans: readonly object[];
  readonly processes: { readonly [id: string]: object };
  readonly warnings: null;
};

/**
 * Makes Jaeger's JSON (v1) of spans, as the answer of `/api/traces` and as its UI opens it from a file, by the mapping
 * that OpenTelemetry specifies. Lost: what is finer than a microsecond, attributes and state of links, all flags but
 * sampled; lists, maps and null become text.
 *
 * @see https://www.jaegertracing.io/docs/latest/architecture/apis/
 * @see https://github.com/open-telemetry/opentelemetry-specification/blob/v1.33.0/specification/trace/sdk_exporters/jaeger.md
 */
export function encodeJaegerJson(spans: Iterable<Span>): JaegerJson {
  const data = [...groupByTrace(spans)].map(([traceId, own]) => traceJson(traceId, own));
  return { data, total: 0, limit: 0, offset: 0, errors: null };
}

function traceJson(traceID: string, spans: readonly Span[]): JaegerTrace {
  const ids = new Map<Resource, string>();
  for (const { resource } of spans) if (!ids.has(resource)) ids.set(resource, `p${ids.size + 1}`);
  const processes = Object.fromEntries([...ids].map(([resource, id]) => [id, processJson(resource)]));
  return { traceID, spans: spans.map((span) => spanJson(span, ids.get(span.resource))), processes, warnings: null };
}

function processJson({ service, attributes }: Resource): object {
  const { 'service.name': _, ...rest } = attributes;
  return { serviceName: service, tags: tagList(Object.entries(rest)) };
}

function spanJson(span: Span, processID: string | undefined): object {
  const tags = tagsOf(span);
  if (span.kind !== 'internal') tags.set('span.kind', span.kind);
  if (span.status === 'error') tags.set('error', true);
  if (span.statusMessage !== undefined) tags.set('otel.status_description', span.statusMessage);
  const reference = (refType: string, traceID: string, spanID: string): object => ({ refType, traceID, spanID });
  const parent = span.parentSpanId === undefined ? [] : [reference('CHILD_OF', span.traceId, span.parentSpanId)];
  const links = span.links.map(({ traceId, spanId, attributes }) => {
    const isChild = attributes['opentracing.ref_type'] === 'child_of';
    return reference(isChild ? 'CHILD_OF' : 'FOLLOWS_FROM', traceId, spanId);
  });
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    flags: span.flags === undefined ? undefined : span.flags & 1,
    operationName: span.name,
    references: [...parent, ...links],
    startTime: Number(span.startUnixNano / 1000n),
    duration: Math.max(0, Number((span.endUnixNano - span.startUnixNano) / 1000n)),
    tags: tagList(tags),
    logs: span.events.map(({ name, timeUnixNano, attributes }) => {
      // An attribute named event says what the event is, before its name does.
      const fields = new Map(Object.entries(attributes));
      if (name !== '' && !fields.has('event')) fields.set('event', name);
      return { timestamp: Number(timeUnixNano / 1000n), fields: tagList(fields) };
    }),
    processID,
    warnings: null,
  };
}

function tagList(entries: Iterable<readonly [string, AttributeValue]>): object[] {
  return Array.from(entries, ([key, value]) => {
    if (typeof value === 'boolean') return { key, type: 'bool', value };
    if (Number.isFinite(value)) return { key, type: isInteger(value as number) ? 'int64' : 'float64', value };
    return { key, type: 'string', value: textOfValue(value) };
  });
}

/** A value as text: lists and maps as JSON, null as nothing. */
export function textOfValue(value: AttributeValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}
