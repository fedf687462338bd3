// Requests of four spans, none of which is sampled, into holds of several kinds: what the benchmarks of the hold do.
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { holdOfBytes, holdOfObjects, holdOn, tracerWith } from './recorder-with-hold.mjs';
import { serveOrder } from './shop-request.mjs';

const long = { hold: '1m' };
const everyRule = { ...long, slowerThan: '1s', routes: { '/search': '300ms', '/reports/*': '5s' } };

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** @type {Record<string, () => import('./recorder-with-hold.mjs').Hold | undefined>} What each kind of hold is made by: the first is none. */
export const HOLDS = {
  'record only': () => undefined,
  'bookkeeping, 64 KB': () => holdOn(shelfOfNothing(), { ...long, maxBytes: 65_536 }),
  'bookkeeping, 32 MB': () => holdOn(shelfOfNothing(), { ...long, maxBytes: 8_000_000 }),
  'a hold of 64 KB': () => holdOfBytes({ maxBytes: 65_536 }),
  'a hold of 32 MB': () => holdOfBytes(long),
  'the same with all rules': () => holdOfBytes(everyRule),
  'a hold of 32 MB, as objects': () => holdOfObjects(long),
};

/** Makes a hold of this kind, and the function that serves so many requests with it. @param {string} name */
export function makeRequests(name) {
  const hold = HOLDS[name]?.();
  const tracer = tracerWith(hold);
  const run = (/** @type {number} */ times) => {
    for (let index = 0; index < times; index += 1) serveOrder(tracer, index);
  };
  return { hold, run };
}

function shelfOfNothing() {
  let places = 0;
  return {
    bytes: 0,
    lost: 0,
    put: () => places++ % 1e9,
    weigh: () => 0,
    release: () => 0,
    forget: (/** @type {unknown} */ _first, /** @type {unknown} */ _last, /** @type {number} */ spans) => spans,
    giveBack: () => false,
  };
}
