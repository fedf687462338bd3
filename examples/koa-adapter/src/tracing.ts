import type { TracingOptions } from '@throughline/core';
import { createServerTracing, exchangeOf } from '@throughline/core/node-http';
import type { Context, Middleware } from 'koa';

/**
 * Koa middleware that makes one SERVER span of every request, named by the route that `@koa/router` matched, with a
 * correlation ID and a context that reaches everything behind it. Install it first. Throws a `TypeError` for a wrong option.
 */
export function tracing(options: TracingOptions = {}): Middleware {
  const server = createServerTracing<Context>(
    {
      name: 'koa',
      // Where forwarding headers count is for the application to say, by `app.proxy`.
      forwarded: ({ ip, protocol, host }) => ({ clientAddress: ip, scheme: protocol, host }),
    },
    options,
  );
  return (context, next) =>
    new Promise((resolve, reject) => {
      server.run(context.req, context.res, context, () => {
        next()
          .catch((thrown: unknown) => {
            exchangeOf(context.req)?.recordFailure(thrown);
            throw thrown;
          })
          .finally(() => exchangeOf(context.req)?.setRoute(routeOf(context)))
          .then(resolve, reject);
      });
    });
}

// The router leaves the template on the context when a route has matched; the field is not in Koa's own types.
function routeOf(context: Context): string | undefined {
  const { _matchedRoute: matched } = context as { _matchedRoute?: string | RegExp };
  return matched instanceof RegExp ? matched.source : matched;
}
