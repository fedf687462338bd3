import assert from 'node:assert/strict';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { createProvider, type FinishedSpan } from './sdk-line.ts';

/**
 * Records every finished span of this process, for tests. Take each span you expect with `take`; `assertEmpty` fails
 * on spans that no one took, so that nothing unexpected slips through.
 *
 * @example
 * const recorder = await recordSpans();
 * await fetch(url);
 * const span = await recorder.take('GET /users/:id');
 * recorder.assertEmpty();
 */
export type SpanRecorder = {
  /**
   * Resolves with the next finished span of this name, or that satisfies the predicate, and removes it. Rejects with
   * the names of the spans that did finish if there is none within `timeoutMs`.
   */
  take(wanted: string | ((span: RecordedSpan) => boolean), timeoutMs?: number): Promise<RecordedSpan>;
  /** Throws if a finished span was not taken, or if code runs in a context that a request left behind. */
  assertEmpty(): void;
  /** The spans that have finished and were not taken yet. */
  finished(): readonly RecordedSpan[];
  /** Forgets all spans. */
  clear(): void;
  /** Unregisters everything from the OpenTelemetry API. */
  stop(): Promise<void>;
};

/** A finished span in plain values. */
export type RecordedSpan = {
  readonly name: string;
  readonly kind: 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly statusMessage: string | undefined;
  readonly exceptions: readonly { readonly type: unknown; readonly message: unknown }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly durationMs: number;
  readonly scope: string;
};

export type RecorderOptions = {
  /**
   * How long `take` waits for a span that has not finished yet, in milliseconds.
   * @default 10000
   */
  patienceMs?: number;
};

/**
 * Registers a tracer provider, W3C propagators and a context manager with `@opentelemetry/api` and records what finishes.
 * Runs on either SDK line: `@opentelemetry/sdk-trace-node` 2.x, or `@opentelemetry/sdk-trace` 3.x where that is installed.
 * Throws if something is registered already; one recorder serves a whole test file.
 */
export async function recordSpans({ patienceMs = 10_000 }: RecorderOptions = {}): Promise<SpanRecorder> {
  const spans: RecordedSpan[] = [];
  const waiting = new Set<() => void>();
  const provider = await createProvider((span) => {
    spans.push(plain(span));
    for (const look of waiting) look();
  });
  const contextManager = new AsyncLocalStorageContextManager().enable();
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });
  assert.ok(
    trace.setGlobalTracerProvider(provider) &&
      context.setGlobalContextManager(contextManager) &&
      propagation.setGlobalPropagator(propagator),
    '[testkit] OpenTelemetry is registered in this process already. Call `stop()` on the other recorder or SDK first.',
  );

  function takeNow(wanted: (span: RecordedSpan) => boolean): RecordedSpan | undefined {
    const index = spans.findIndex(wanted);
    return index < 0 ? undefined : spans.splice(index, 1)[0];
  }

  return {
    take(wanted, timeoutMs = patienceMs) {
      const matches = typeof wanted === 'string' ? (span: RecordedSpan) => span.name === wanted : wanted;
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const span = takeNow(matches);
          if (span === undefined) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(span);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const seen = spans.map((span) => `\`${span.name}\``).join(', ') || 'none';
          const what = typeof wanted === 'string' ? `\`${wanted}\`` : 'as wanted';
          reject(
            new Error(`[testkit] No span ${what} finished within ${timeoutMs} ms. Finished and not taken: ${seen}.`),
          );
        }, timeoutMs);
        waiting.add(look);
        look();
      });
    },
    assertEmpty() {
      const left = spans.map((span) => `\`${span.name}\``);
      assert.deepEqual(left, [], '[testkit] Spans finished that nobody took.');
      assert.equal(context.active(), ROOT_CONTEXT, '[testkit] A context was left behind.');
    },
    finished: () => spans,
    clear() {
      spans.length = 0;
    },
    async stop() {
      trace.disable();
      propagation.disable();
      context.disable();
      await provider.shutdown();
    },
  };
}

const KINDS = {
  [SpanKind.INTERNAL]: 'INTERNAL',
  [SpanKind.SERVER]: 'SERVER',
  [SpanKind.CLIENT]: 'CLIENT',
  [SpanKind.PRODUCER]: 'PRODUCER',
  [SpanKind.CONSUMER]: 'CONSUMER',
} as const;
const STATUSES = {
  [SpanStatusCode.UNSET]: 'UNSET',
  [SpanStatusCode.OK]: 'OK',
  [SpanStatusCode.ERROR]: 'ERROR',
} as const;

function plain(span: FinishedSpan): RecordedSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    name: span.name,
    kind: KINDS[span.kind],
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    sampled: (traceFlags & 1) === 1,
    attributes: { ...span.attributes },
    status: STATUSES[span.status.code],
    statusMessage: span.status.message,
    exceptions: span.events
      .filter((event) => event.name === 'exception')
      .map(({ attributes }) => ({ type: attributes?.['exception.type'], message: attributes?.['exception.message'] })),
    links: span.links.map((link) => ({ traceId: link.context.traceId, spanId: link.context.spanId })),
    durationMs: span.duration[0] * 1000 + span.duration[1] / 1e6,
    scope: span.instrumentationScope.name,
  };
}
