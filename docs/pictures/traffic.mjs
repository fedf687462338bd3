// Traffic that a seed repeats, in time that is not waited for, through the samplers and the hold as they are.
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { holdProcessor } from '@throughline/sampling';

/** @typedef {{ atMs: number, tookMs: number, route: string, failed: boolean }} Request */
/** @typedef {(options: { now: () => number, record: boolean }) => import('@opentelemetry/sdk-trace-node').Sampler} MakeSampler */

export const SLOW_MS = 1000;
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Numbers from 0 to below 1 that a seed repeats (mulberry32). @param {number} seed */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Which of the requests are exported, in the order of the requests.
 * @param {readonly Request[]} requests
 * @param {MakeSampler} makeSampler
 * @param {import('@throughline/sampling').KeepOptions} [keep] What a hold keeps besides.
 * @returns {boolean[]}
 */
export function exported(requests, makeSampler, keep) {
  let nowMs = EPOCH_MS;
  const now = () => nowMs;
  /** @type {Set<string>} */
  const out = new Set();
  const exporting = {
    onStart() {},
    /** @param {{ spanContext(): import('@opentelemetry/api').SpanContext }} span */
    onEnd(span) {
      const { spanId, traceFlags } = span.spanContext();
      if ((traceFlags & 1) === 1) out.add(spanId);
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const processor = keep === undefined ? exporting : holdProcessor({ ...keep, now }, exporting);
  const word = hexWords(requests.length);
  const provider = new NodeTracerProvider({
    sampler: makeSampler({ now, record: keep !== undefined }),
    spanProcessors: [/** @type {import('@opentelemetry/sdk-trace-node').SpanProcessor} */ (processor)],
    idGenerator: {
      generateTraceId: () => word() + word() + word() + word(),
      generateSpanId: () => word() + word(),
    },
  });
  const tracer = provider.getTracer('traffic');
  /** @type {string[]} */
  const ids = [];
  const steps = requests.flatMap(({ atMs, tookMs, route, failed }, index) => {
    /** @type {import('@opentelemetry/api').Span | undefined} */
    let span;
    const start = () => {
      const attributes = { 'http.request.method': 'GET', 'http.route': route, 'url.path': route };
      span = tracer.startSpan(`GET ${route}`, { kind: SpanKind.SERVER, attributes, startTime: nowMs }, ROOT_CONTEXT);
      ids[index] = span.spanContext().spanId;
    };
    const end = () => {
      span?.setAttribute('http.response.status_code', failed ? 500 : 200);
      span?.end(nowMs);
    };
    return [
      { atMs, run: start },
      { atMs: atMs + tookMs, run: end },
    ];
  });
  for (const { atMs, run } of steps.toSorted((a, b) => a.atMs - b.atMs)) {
    nowMs = EPOCH_MS + atMs;
    run();
  }
  void processor.shutdown();
  return ids.map((id) => out.has(id));
}

/** @param {number} seed */
function hexWords(seed) {
  const random = randomNumbers(seed);
  return () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
}
