import { context } from '@opentelemetry/api';
import type { TracingOptions } from '@throughline/core';
import { createServerTracing, exchangeOf } from '@throughline/core/node-http';
import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify';

export type { TracingOptions };

/**
 * Plugin that traces every request of the instance and its children: one SERVER span named by the route, a
 * correlation ID, and a context that reaches every hook and handler. Register it first.
 *
 * @example
 * await app.register(tracing);
 */
export const tracing: FastifyPluginCallback<TracingOptions> = Object.assign(
  function tracingPlugin(app: FastifyInstance, options: TracingOptions, done: (error?: Error) => void): void {
    const server = createServerTracing<FastifyRequest>(
      {
        name: 'fastify',
        route: routeOf,
        forwarded: (request) => ({ clientAddress: request.ip, scheme: request.protocol, host: request.host }),
      },
      options,
    );
    app.addHook('onRequest', (request, reply, next) => server.run(request.raw, reply.raw, request, next));
    // Fastify reads the body in the parser's events: what hooks have put into the context must reach them.
    app.addHook('preParsing', (request, _reply, payload, next) => {
      const exchange = exchangeOf(request.raw);
      if (exchange !== undefined) exchange.context = context.active();
      next(null, payload);
    });
    app.addHook('onError', (request, _reply, error, next) => {
      exchangeOf(request.raw)?.recordFailure(error);
      next();
    });
    done();
  },
  // What `fastify-plugin` sets: the hooks belong to the instance that registers the plugin, not to a child of it.
  { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@throughline/fastify' },
);

// The "not found" handler runs with a route of its own, which matched nothing.
function routeOf(request: FastifyRequest): string | undefined {
  return request.is404 ? undefined : request.routeOptions.url;
}
