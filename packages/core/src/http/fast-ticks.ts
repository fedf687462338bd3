import { executionAsyncResource } from 'node:async_hooks';

let tick: object | undefined;

/**
 * Keeps `process.nextTick` as fast as it is in a new process, by keeping one of its objects. V8 forgets the shape of
 * objects when three full collections in a row find none of them alive, and with it what it has learnt of `nextTick`: from
 * then on each call takes five times as long, and a request makes some ten. An idle server comes to that within seconds.
 * Seen with Node.js 20, 22 and 24; `bench/ticks.mjs` shows it.
 */
export function keepTicksFast(): void {
  if (tick !== undefined) return;
  process.nextTick(() => {
    tick = executionAsyncResource();
  });
}
