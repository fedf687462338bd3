import type { TracingOptions } from '@throughline/core';
import { expressFramework } from '@throughline/core/express-router';
import { createServerTracing } from '@throughline/core/node-http';
import type { RequestHandler } from 'express';

export type { TracingOptions };

/**
 * Middleware that traces every request from here on: one SERVER span named by the full route template, a correlation
 * ID, and a context that reaches every handler. Install it first. Throws a `TypeError` for a wrong option.
 *
 * Route templates and errors come from the tracing channel of Express's router (Express 5.3). With an older router,
 * only routes outside of mounted routers are named, and only the response tells of an error.
 *
 * @example
 * const app = express();
 * app.use(tracing());
 */
export function tracing(options: TracingOptions = {}): RequestHandler {
  const server = createServerTracing(expressFramework('express'), options);
  return function tracingMiddleware(request, response, next) {
    server.run(request, response, request, next);
  };
}
