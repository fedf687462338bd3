// What the benchmarks of the hold and of the samplers do: requests of four spans with the usual attributes, none of which is
// sampled, into holds of several kinds, and decisions of several samplers.
import { randomBytes } from 'node:crypto';
import { context, createTraceState, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import * as sampling from '@throughline/sampling';
import { recordedSpanAccess } from '../packages/sdk/dist/recorder/recorded-span-access.js';
import { RecorderProvider } from '../packages/sdk/dist/recorder/recorder-provider.js';
import { SpanRing } from '../packages/sdk/dist/recorder/span-ring.js';

const { readKeepOptions, ruleSampler, TailHold } = sampling;
const count = 128;
const limits = {
  attributeCountLimit: count,
  attributeValueLengthLimit: Number.POSITIVE_INFINITY,
  eventCountLimit: count,
  linkCountLimit: count,
  attributePerEventCountLimit: count,
  attributePerLinkCountLimit: count,
};
const nothing = { onStart() {}, onEnd() {} };
const long = { hold: '1m' };
const everyRule = { ...long, slowerThan: '1s', routes: { '/search': '300ms', '/reports/*': '5s' } };

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** @typedef {import('@throughline/sampling').KeepOptions} KeepOptions */
/** @type {Record<string, () => InstanceType<typeof TailHold> | undefined>} What each kind of hold is made by: the first is none. */
export const HOLDS = {
  'record only': () => undefined,
  'bookkeeping, 64 KB': () => asNothing({ ...long, maxBytes: 65_536 }),
  'bookkeeping, 32 MB': () => asNothing({ ...long, maxBytes: 8_000_000 }),
  'a hold of 64 KB': () => asBytes({ maxBytes: 65_536 }),
  'a hold of 32 MB': () => asBytes(long),
  'the same with all rules': () => asBytes(everyRule),
  'a hold of 32 MB, as objects': () => new TailHold(readKeepOptions(long), recordedSpanAccess, nothing),
};

/** @param {KeepOptions} options */
function asBytes(options) {
  const settings = readKeepOptions(options);
  const ring = new SpanRing(settings.maxBytes, { addWritten() {} });
  return new TailHold(settings, recordedSpanAccess, nothing, ring);
}

/** @param {KeepOptions} options */
function asNothing(options) {
  let places = 0;
  const shelf = {
    bytes: 0,
    lost: 0,
    put: () => places++ % 1e9,
    weigh: () => 0,
    release: () => 0,
    forget: (/** @type {unknown} */ _first, /** @type {unknown} */ _last, /** @type {number} */ spans) => spans,
    giveBack: () => false,
  };
  return new TailHold(readKeepOptions(options), recordedSpanAccess, nothing, shelf);
}

/** Makes a hold of this kind, and the function that serves so many requests with it. @param {string} name */
export function makeRequests(name) {
  const hold = HOLDS[name]?.();
  const provider = new RecorderProvider({
    sampler: ruleSampler({ ratio: 0, record: true }),
    limits,
    onStart: (span) => hold?.onStart(span),
    onEnd: (span) => hold?.onEnd(span),
  });
  const tracer = provider.getTracer('bench');
  const run = (/** @type {number} */ times) => {
    for (let index = 0; index < times; index += 1) serve(tracer, index);
  };
  return { hold, run };
}

/** @param {import('@opentelemetry/api').Tracer} tracer @param {number} index */
function serve(tracer, index) {
  const attributes = {
    'http.request.method': 'GET',
    'url.path': `/api/orders/${index}`,
    'url.scheme': 'https',
    'server.address': 'shop.example',
    'client.address': '192.0.2.7',
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  };
  const root = tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes });
  const parent = trace.setSpan(context.active(), root);
  for (let call = 0; call < 3; call += 1) {
    const child = tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'pg' } }, parent);
    child.setAttribute('db.response.returned_rows', call);
    child.end();
  }
  root.updateName('GET /api/orders/:id');
  root.setAttributes({ 'http.route': '/api/orders/:id', 'http.response.status_code': 200 });
  root.end();
}

const rules = [
  { route: '/api/payments/*', ratio: 1 },
  { route: '/health', ratio: 0 },
  { route: '/api/:collection/:id', method: 'GET', ratio: 0.1 },
];
/** @type {Record<string, () => [sampler: import('@throughline/sampling').Sampler, contexts: (id: string) => import('@opentelemetry/api').Context]>} */
const SAMPLERS = {
  'no decision': () => [{ shouldSample: () => ({ decision: 0 }) }, root],
  'root: ratio': () => [sampling.consistentSampler({ ratio: 0.01 }), root],
  'root: 3 rules': () => [ruleSampler({ ratio: 0.01, rules }), root],
  'root: rate limit': () => [sampling.rateLimitSampler({ perSecond: 50 }), root],
  'root: adaptive': () => [sampling.adaptiveSampler({ target: 50 }), root],
  child: () => [sampling.consistentSampler({ ratio: 0.01 }), childOf(TraceFlags.SAMPLED)],
  'child with th': () => [sampling.consistentSampler({ ratio: 0.01 }), childOf(TraceFlags.SAMPLED, 'ot=th:0,other=1')],
  'child, th contradicts': () => [
    sampling.consistentSampler({ ratio: 0.01 }),
    childOf(TraceFlags.NONE, 'ot=th:0,other=1'),
  ],
};

/** The names of samplers that decide. */
export const DECISIONS = Object.keys(SAMPLERS);

/** Makes the function that makes so many decisions with this sampler. @param {string} name */
export function makeDecisions(name) {
  const [sampler, contextOf] = /** @type {() => any} */ (SAMPLERS[name])();
  const ids = Array.from({ length: 4096 }, () => randomBytes(16).toString('hex'));
  const contexts = ids.map(contextOf);
  const attributes = { 'http.request.method': 'GET', 'url.path': '/api/orders/17', 'http.route': '/api/orders/:id' };
  return (/** @type {number} */ times) => {
    for (let index = 0; index < times; index += 1) {
      const at = index & 4095;
      sampler.shouldSample(contexts[at], ids[at], 'GET', SpanKind.SERVER, attributes, []);
    }
  };
}

function root() {
  return ROOT_CONTEXT;
}

/** @param {number} traceFlags @param {string} [state] */
function childOf(traceFlags, state) {
  return (/** @type {string} */ traceId) =>
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: '00f067aa0ba902b7',
      traceFlags,
      isRemote: true,
      ...(state !== undefined && { traceState: createTraceState(state) }),
    });
}
