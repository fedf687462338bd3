// How much memory a full hold of `startTracing` takes: `npx pnpm build && node --expose-gc bench/hold-memory.mjs`. A million spans, none
// of which is to be kept, go into a hold of 32 MB within its 10 seconds; what it says of itself must never be above that, and what
// the process has grown by stands beside it.
import { context, SpanKind, trace } from '@opentelemetry/api';
import { readKeepOptions, ruleSampler, TailHold } from '@throughline/sampling';
import { recordedSpanAccess } from '../packages/sdk/dist/recorder/recorded-span-access.js';
import { RecorderProvider } from '../packages/sdk/dist/recorder/recorder-provider.js';
import { SpanRing } from '../packages/sdk/dist/recorder/span-ring.js';

const REQUESTS = 250_000;
const CAP = 32 * 2 ** 20;

const count = 128;
const limits = {
  attributeCountLimit: count,
  attributeValueLengthLimit: Number.POSITIVE_INFINITY,
  eventCountLimit: count,
  linkCountLimit: count,
  attributePerEventCountLimit: count,
  attributePerLinkCountLimit: count,
};
const settings = readKeepOptions({ slowerThan: '1s', maxBytes: CAP });
const hold = new TailHold(
  settings,
  recordedSpanAccess,
  { onStart() {}, onEnd() {} },
  new SpanRing(settings.maxBytes, { addWritten() {} }),
);
const provider = new RecorderProvider({
  sampler: ruleSampler({ ratio: 0, record: true }),
  limits,
  onStart: (span) => hold.onStart(span),
  onEnd: (span) => hold.onEnd(span),
});
const tracer = provider.getTracer('bench');

globalThis.gc?.();
const before = process.memoryUsage.rss();
let most = 0;
for (let index = 0; index < REQUESTS; index += 1) {
  const attributes = {
    'http.request.method': 'GET',
    'url.path': `/api/orders/${index}`,
    'server.address': 'shop.example',
  };
  const root = tracer.startSpan('GET /api/orders/:id', { kind: SpanKind.SERVER, attributes });
  const parent = trace.setSpan(context.active(), root);
  for (let call = 0; call < 3; call += 1)
    tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'pg' } }, parent).end();
  root.end();
  if (index % 100 === 0) most = Math.max(most, hold.stats().heldBytes);
}
globalThis.gc?.();
const { held, heldBytes, evicted } = hold.stats();
const megabytes = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);
console.log(`Node ${process.version}, ${4 * REQUESTS} spans into a hold of ${megabytes(CAP)} MB\n`);
console.log(`held at most    ${megabytes(most)} MB (${most <= CAP ? 'within' : 'ABOVE'} the cap)`);
console.log(`held at the end ${held} spans, ${Math.round(heldBytes / held)} B each; ${evicted} had to go`);
console.log(`the process grew by ${megabytes(process.memoryUsage.rss() - before)} MB`);
if (most > CAP) process.exitCode = 1;
