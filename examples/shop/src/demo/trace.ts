import type { WaterfallSpan } from '@throughline/sdk/waterfall';

export type SpanKindName = 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';

/** A span as the collector received it. */
export type ShopSpan = WaterfallSpan & { readonly kind: SpanKindName; readonly requestId?: string | undefined };

/** A line that a service wrote to its standard output. What is no JSON is all message. */
export type LogLine = {
  readonly service: string;
  readonly timeMs: number;
  readonly level: string;
  readonly message: string;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly requestId?: string | undefined;
};

/** What the load generator saw of one of its requests. */
export type Answer = {
  readonly scenario: string;
  /** `undefined` if there was no answer; `failure` says why. */
  readonly status: number | undefined;
  readonly failure?: string | undefined;
  /** The `x-request-id` of the response. */
  readonly requestId: string | undefined;
  /** Whether the search found its products in the cache; by its own word. */
  readonly cached?: boolean | undefined;
  readonly durationMs: number;
  /** How long it took in the gateway, which begins later when it is busy, in milliseconds; by its own word. */
  readonly servedMs?: number | undefined;
  /** When the answer was complete, in epoch milliseconds. */
  readonly atMs: number;
};

/** All that is known of one trace. */
export type Trace = { readonly spans: readonly ShopSpan[]; readonly lines: readonly LogLine[] };
