// What the hold of `startTracing` costs, in nanoseconds of processor time per span, over recording alone:
// `npx pnpm build && node --expose-gc bench/recorder-hold.mjs`. A request of four spans with the usual attributes; none is sampled.
// Rounds of the variants take turns. The figures are the median over the rounds of the difference in the same round, and the
// difference of the quickest rounds, which a loaded machine distorts least. The control is recording once more: what it
// differs by is noise. `bookkeeping` holds traces and remembers where their spans are, but writes no span.
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { readKeepOptions, ruleSampler, TailHold } from '@throughline/sampling';
import { recordedSpanAccess } from '../packages/sdk/dist/recorder/recorded-span-access.js';
import { RecorderProvider } from '../packages/sdk/dist/recorder/recorder-provider.js';
import { SpanRing } from '../packages/sdk/dist/recorder/span-ring.js';

const REQUESTS = 5000;
const SPANS = 4 * REQUESTS;
const ROUNDS = Number(process.env.ROUNDS ?? 40);

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const sampler = ruleSampler({ ratio: 0, record: true });
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

/** @param {import('@throughline/sampling').KeepOptions} options */
function asBytes(options) {
  const settings = readKeepOptions(options);
  const ring = new SpanRing(settings.maxBytes, { addWritten() {} });
  return new TailHold(settings, recordedSpanAccess, nothing, ring);
}

/** @param {import('@throughline/sampling').KeepOptions} options */
function asObjects(options) {
  return new TailHold(readKeepOptions(options), recordedSpanAccess, nothing);
}

/** @param {import('@throughline/sampling').KeepOptions} options */
function asNothing(options) {
  let places = 0;
  const shelf = {
    bytes: 0,
    lost: 0,
    put: () => places++ % 1e9,
    weigh: () => 0,
    release: () => 0,
    forget: (/** @type {unknown} */ _last, /** @type {number} */ spans) => spans,
    giveBack: () => false,
  };
  return new TailHold(readKeepOptions(options), recordedSpanAccess, nothing, shelf);
}

const everyRule = { slowerThan: '1s', routes: { '/search': '300ms', '/reports/*': '5s' } };
const holds = {
  'record only': undefined,
  control: undefined,
  'bookkeeping, 64 KB': asNothing({ maxBytes: 65_536 }),
  'bookkeeping, 32 MB': asNothing({ maxBytes: 8_000_000 }),
  'a hold of 64 KB': asBytes({ maxBytes: 65_536 }),
  'a hold of 32 MB': asBytes({}),
  'the same with all rules': asBytes(everyRule),
  'a hold of 32 MB, as objects': asObjects({}),
};
const variants = Object.entries(holds).map(([name, hold]) => {
  const provider = new RecorderProvider({
    sampler,
    limits,
    onStart: (span) => hold?.onStart(span),
    onEnd: (span) => hold?.onEnd(span),
  });
  return { name, hold, tracer: provider.getTracer('bench'), times: /** @type {number[]} */ ([]) };
});

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

for (let round = -8; round < ROUNDS; round += 1) {
  for (const { tracer, times } of variants) {
    globalThis.gc?.();
    const before = process.cpuUsage();
    for (let index = 0; index < REQUESTS; index += 1) serve(tracer, index);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) times.push(((user + system) * 1000) / SPANS);
  }
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
/** @param {number} value */
const signed = (value) => `${value < 0 ? '' : '+'}${value.toFixed(0)}`.padStart(8);
const alone = variants[0]?.times ?? [];
console.log(`Node ${process.version}, ${ROUNDS} rounds of ${SPANS} spans, ns of processor time per span\n`);
for (const { name, hold, times } of variants) {
  const over = median(times.map((time, round) => time - (alone[round] ?? Number.NaN)));
  const best = Math.min(...times) - Math.min(...alone);
  const { held = 0, heldBytes = 0 } = hold?.stats() ?? {};
  const state = hold === undefined ? '' : `  ${held} held, ${Math.round(heldBytes / held)} B each`;
  console.log(`${name.padEnd(30)}${median(times).toFixed(0).padStart(6)}${signed(over)}${signed(best)}${state}`);
}
