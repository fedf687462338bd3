// Sampling decisions of several kinds, and the SDK's own beside them: what the benchmarks of the samplers do.
import { randomBytes } from 'node:crypto';
import { createTraceState, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node';
import * as sampling from '@throughline/sampling';

const IDS = 4096;
const THRESHOLD = 'ot=th:0,other=1';
const rules = [
  { route: '/api/payments/*', ratio: 1 },
  { route: '/health', ratio: 0 },
  { route: '/api/:collection/:id', method: 'GET', ratio: 0.1 },
];

/** @typedef {{ shouldSample: (...parameters: any[]) => { decision: number } }} AnySampler */
/** @typedef {(traceId: string) => import('@opentelemetry/api').Context} ContextOf */
/** @type {Record<string, [sampler: () => AnySampler, contextOf: ContextOf, base?: string]>} The base is what it is compared with. */
export const DECISIONS = {
  'no decision': [() => ({ shouldSample: () => ({ decision: 0 }) }), root],
  'SDK root': [stock, root, 'SDK root'],
  'root: ratio': [own, root, 'SDK root'],
  'root: 3 rules': [() => sampling.ruleSampler({ ratio: 0.01, rules }), root, 'SDK root'],
  'root: rate limit': [() => sampling.rateLimitSampler({ perSecond: 50 }), root, 'SDK root'],
  'root: adaptive': [() => sampling.adaptiveSampler({ target: 50 }), root, 'SDK root'],
  'SDK child': [stock, childOf(TraceFlags.SAMPLED), 'SDK child'],
  child: [own, childOf(TraceFlags.SAMPLED), 'SDK child'],
  'SDK child with tracestate': [stock, childOf(TraceFlags.SAMPLED, THRESHOLD), 'SDK child with tracestate'],
  'child with th': [own, childOf(TraceFlags.SAMPLED, THRESHOLD), 'SDK child with tracestate'],
  'child, th contradicts': [own, childOf(TraceFlags.NONE, THRESHOLD), 'SDK child with tracestate'],
};

/** Makes the function that makes so many decisions of this kind, and returns how many were other than not to record. @param {string} name */
export function makeDecisions(name) {
  const [make, contextOf] = /** @type {(typeof DECISIONS)[string]} */ (DECISIONS[name]);
  const sampler = make();
  const ids = Array.from({ length: IDS }, () => randomBytes(16).toString('hex'));
  const contexts = ids.map(contextOf);
  const attributes = { 'http.request.method': 'GET', 'url.path': '/api/orders/17', 'http.route': '/api/orders/:id' };
  return (/** @type {number} */ times) => {
    let kept = 0;
    for (let index = 0; index < times; index += 1) {
      const at = index & (IDS - 1);
      kept += sampler.shouldSample(contexts[at], ids[at], 'GET', SpanKind.SERVER, attributes, []).decision;
    }
    return kept;
  };
}

function stock() {
  return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) });
}

function own() {
  return sampling.consistentSampler({ ratio: 0.01 });
}

function root() {
  return ROOT_CONTEXT;
}

/** @param {number} traceFlags @param {string} [state] @returns {ContextOf} */
function childOf(traceFlags, state) {
  return (traceId) =>
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: '00f067aa0ba902b7',
      traceFlags,
      isRemote: true,
      ...(state !== undefined && { traceState: createTraceState(state) }),
    });
}
