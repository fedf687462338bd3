import type { Attributes, AttributeValue, Resource, Scope } from './span.ts';

/** One log record of OpenTelemetry, as far as a trace viewer needs it. */
export type LogRecord = {
  /** Nanoseconds since 1970-01-01 UTC: when it happened or, where that is unknown, when it was first seen. */
  readonly timeUnixNano: bigint;
  /** 1–4 trace, 5–8 debug, 9–12 info, 13–16 warn, 17–20 error, 21–24 fatal; 0 when unknown. */
  readonly severity: number;
  /** The level as its source names it. */
  readonly severityText?: string | undefined;
  /** What names the kind of event, for records that are events. */
  readonly eventName?: string | undefined;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  /** 32 lower-case hexadecimal digits; absent outside of a trace. */
  readonly traceId?: string | undefined;
  /** 16 lower-case hexadecimal digits; absent outside of a span. */
  readonly spanId?: string | undefined;
  readonly resource: Resource;
  readonly scope?: Scope | undefined;
};
