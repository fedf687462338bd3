/** A value that OpenTelemetry attributes can have; bytes and integers beyond 2^53 come as text. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Attributes by key. The object has no prototype or is made so that hostile keys (`__proto__`) are plain data. */
export type Attributes = { readonly [key: string]: AttributeValue };

/** The role of a span in an exchange, as OpenTelemetry names it, in lower case. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Something that happened at one moment of a span. */
export type SpanEvent = { readonly name: string; readonly timeUnixNano: bigint; readonly attributes: Attributes };

/** A reference to a span of this or another trace. */
export type SpanLink = {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string | undefined;
  readonly attributes: Attributes;
};

/**
 * Who made a span: the resource of its process. Spans of one process share one object, where the format allows. Codecs
 * leave `service.name` in the attributes too.
 */
export type Resource = { readonly service: string; readonly attributes: Attributes };

/** The library that made a span. */
export type Scope = { readonly name: string; readonly version?: string | undefined };

/**
 * One finished span as it was recorded, independent of the format it came in. Every codec reads to this and writes from
 * it; nothing here is derived.
 */
export type Span = {
  /** 32 lower-case hexadecimal digits; formats with shorter ids are padded with zeros on the left. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  /** 16 lower-case hexadecimal digits; absent for a root. */
  readonly parentSpanId?: string | undefined;
  readonly traceState?: string | undefined;
  /** The W3C trace flags and, above them, OTLP's "is remote" bits, when the format carries them. */
  readonly flags?: number | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly startUnixNano: bigint;
  /** Nanoseconds since 1970-01-01 UTC; may be before the start when a clock was set back. */
  readonly endUnixNano: bigint;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage?: string | undefined;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly resource: Resource;
  readonly scope?: Scope | undefined;
  readonly droppedAttributes?: number | undefined;
  readonly droppedEvents?: number | undefined;
  readonly droppedLinks?: number | undefined;
};
