// No tracing, and what our packages do for process.nextTick and for Express's requests: how much of a difference to `bare`
// is that.
import { executionAsyncResource } from 'node:async_hooks';
import { setup as setupBare } from './bare.mjs';

process.nextTick(() => {
  globalThis.keptTick = executionAsyncResource();
});

export function setup(framework) {
  const hasOwnShapes = framework.endsWith('express') && Number.parseInt(process.versions.v8, 10) < 13;
  return { ...setupBare(), ...(hasOwnShapes && { expressMiddleware: shareShapes }) };
}

const NOTHING = Symbol('nothing');

function shareShapes(request, response, next) {
  for (const message of [request, response]) {
    message[NOTHING] = undefined;
    delete message[NOTHING];
  }
  next();
}
