// No tracing, and what our packages do for process.nextTick: how much of a difference to `bare` is that.
import { executionAsyncResource } from 'node:async_hooks';

export { setup } from './bare.mjs';

process.nextTick(() => {
  globalThis.keptTick = executionAsyncResource();
});
