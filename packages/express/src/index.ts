import type { TracingOptions } from '@throughline/core';
import { settleExpressRoute, traceExpressRouter } from '@throughline/core/express-router';
import { createServerTracing } from '@throughline/core/node-http';
import type { Request, RequestHandler } from 'express';

export type { TracingOptions };

/**
 * Middleware that traces every request from here on: one SERVER span named by the full route template, a correlation
 * ID, and a context that reaches every handler. Install it first.
 *
 * Route templates and errors come from the tracing channel of Express's router (Express 5.3). With an older router,
 * routes outside of mounted routers are named, others have no route, and only the response tells of an error.
 *
 * @example
 * const app = express();
 * app.use(tracing());
 */
export function tracing(options: TracingOptions = {}): RequestHandler {
  traceExpressRouter();
  const server = createServerTracing<Request>(
    {
      name: 'express',
      forwarded: (request) => ({ clientAddress: request.ip, scheme: request.protocol, host: request.host }),
      settle: settleExpressRoute,
    },
    options,
  );
  return function tracingMiddleware(request, response, next) {
    server.run(request, response, request, next);
  };
}
