import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { activeExchange } from '@throughline/core/http-server';
import { GlobalContextManager, LeakyContextManager } from './broken-context-managers.ts';
import { type BrokenServer, release, useContextManager } from './server-mutation.ts';

/** Adapters that are wrong about context. */
export const contextDefects: readonly BrokenServer[] = [
  {
    defect: 'runs handlers outside of the span',
    rejectedBy: 'the span is active in middleware and handlers, and after every await',
    inside: (_request, _response, next) => context.with(ROOT_CONTEXT, next),
  },
  {
    defect: 'loses the span at the first await',
    rejectedBy: 'the span is active in middleware and handlers, and after every await',
    prepare: () => useContextManager(new GlobalContextManager()),
  },
  {
    defect: 'keeps the span of the latest request in a variable',
    rejectedBy: 'concurrent requests never see each other',
    prepare: () => useContextManager(new LeakyContextManager()),
  },
  {
    defect: 'leaves a context behind',
    rejectedBy: 'a request leaves nothing behind on its connection',
    prepare: () => useContextManager(new LeakyContextManager()),
  },
  {
    defect: 'loses the span while the body is read',
    rejectedBy: 'the span is active after the body was read',
    route: (route) => ({
      ...route,
      handle: (exchange) =>
        exchange.body === undefined ? route.handle(exchange) : context.with(ROOT_CONTEXT, () => route.handle(exchange)),
    }),
  },
  {
    defect: 'goes back to its own context after every middleware',
    rejectedBy: 'baggage that a middleware sets reaches handlers, also after the body was read',
    route: (route) => ({
      ...route,
      handle: (exchange) => context.with(activeExchange()?.context ?? ROOT_CONTEXT, () => route.handle(exchange)),
    }),
  },
  {
    defect: 'runs listeners of the response wherever Node emits from',
    rejectedBy: 'listeners run in the context of the exchange also when the client leaves',
    inside(_request, response, next) {
      release(response, 'emit');
      next();
    },
  },
  {
    defect: 'runs listeners of the body wherever the parser emits from',
    rejectedBy: 'listeners of the body run in the context of the exchange',
    inside(request, _response, next) {
      release(request, 'emit');
      next();
    },
  },
];
