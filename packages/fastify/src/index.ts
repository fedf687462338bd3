import type { TracingOptions } from '@throughline/core';
import { fastifyHooks } from '@throughline/core/fastify-hooks';
import type { FastifyPluginCallback } from 'fastify';

export type { TracingOptions };

/**
 * Plugin that traces every request of the instance it is registered on and of its children: one SERVER span named by
 * the route, a correlation ID, and a context that reaches every hook and handler. Register it first. Registering
 * rejects with a `TypeError` for a wrong option.
 *
 * @example
 * await app.register(tracing);
 */
export const tracing: FastifyPluginCallback<TracingOptions> = (app, options, done) => {
  const hooks = fastifyHooks('fastify', options);
  app.addHook('onRequest', hooks.onRequest);
  app.addHook('preParsing', hooks.preParsing);
  app.addHook('onError', hooks.onError);
  done();
};

// What `fastify-plugin` would set: the hooks belong to the instance that registers the plugin, not to a child of it.
Object.assign(tracing, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@throughline/fastify',
});
