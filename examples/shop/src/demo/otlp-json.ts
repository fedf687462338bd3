import type { ShopSpan, SpanKindName } from './trace.ts';

type OtlpValue = { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
type OtlpAttributes = readonly { key: string; value: OtlpValue }[];
type OtlpSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: OtlpAttributes;
  status?: { code?: number; message?: string };
};
type OtlpRequest = {
  resourceSpans?: readonly {
    resource?: { attributes?: OtlpAttributes };
    scopeSpans?: readonly { spans?: readonly OtlpSpan[] }[];
  }[];
};

const KINDS: readonly SpanKindName[] = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const ERROR = 2;

/**
 * Reads the spans of an OTLP/HTTP request in JSON. Throws if it is none.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
export function readOtlpJson(body: string): ShopSpan[] {
  const { resourceSpans = [] } = JSON.parse(body) as OtlpRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(read(resource?.attributes, 'service.name') ?? 'unknown');
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => shopSpan(span, service)));
  });
}

function shopSpan(span: OtlpSpan, service: string): ShopSpan {
  const startMs = milliseconds(span.startTimeUnixNano);
  const { attributes, status } = span;
  const failure = status?.message || read(attributes, 'error.type') || 'error';
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    service,
    kind: KINDS[span.kind ?? 0] ?? 'INTERNAL',
    startMs,
    durationMs: milliseconds(span.endTimeUnixNano) - startMs,
    error: status?.code === ERROR ? String(failure) : undefined,
    status: text(read(attributes, 'http.response.status_code')),
    requestId: text(read(attributes, 'throughline.request_id')),
  };
}

function read(attributes: OtlpAttributes | undefined, key: string): string | number | boolean | undefined {
  const value = attributes?.find((attribute) => attribute.key === key)?.value;
  return value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue;
}

// Nanoseconds since 1970 do not fit a double; their milliseconds and the rest do.
function milliseconds(nanoseconds: string): number {
  const all = BigInt(nanoseconds);
  return Number(all / 1_000_000n) + Number(all % 1_000_000n) / 1e6;
}

function text(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
