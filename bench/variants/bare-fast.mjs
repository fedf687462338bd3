// No tracing, and what our packages do for process.nextTick and for Express's requests: how much of a difference to `bare`
// is that.
import { executionAsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { setup as setupBare } from './bare.mjs';

process.nextTick(() => {
  globalThis.keptTick = executionAsyncResource();
});

export function setup(framework) {
  const hasOwnShapes = framework.endsWith('express') && Number.parseInt(process.versions.v8, 10) < 13;
  return { ...setupBare(), ...(hasOwnShapes && { expressMiddleware: learnApplication }) };
}

const NOTHING = Symbol('nothing');
let application;

function learnApplication({ app }, _response, next) {
  if (application === undefined) {
    application = app;
    subscribe('http.server.request.start', shareShapes);
  }
  next();
}

function shareShapes({ request, response }) {
  Object.setPrototypeOf(request, application.request);
  Object.setPrototypeOf(response, application.response);
  for (const message of [request, response]) {
    message[NOTHING] = undefined;
    delete message[NOTHING];
  }
}
