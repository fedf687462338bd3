// How much memory a full hold of `startTracing` takes: `npx pnpm build && node --expose-gc bench/hold-memory.mjs`. A million spans, none
// of which is to be kept, go into a hold of 32 MB within its 10 seconds; what it says of itself must never be above that, and what
// the process has grown by stands beside it.
import { holdOfBytes, tracerWith } from './recorder-with-hold.mjs';
import { serveOrder } from './shop-request.mjs';

const REQUESTS = 250_000;
const CAP = 32 * 2 ** 20;

const hold = holdOfBytes({ slowerThan: '1s', maxBytes: CAP });
const tracer = tracerWith(hold);

globalThis.gc?.();
const before = process.memoryUsage.rss();
let most = 0;
for (let index = 0; index < REQUESTS; index += 1) {
  serveOrder(tracer, index);
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
