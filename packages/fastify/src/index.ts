import type { TracingOptions } from '@throughline/core';
import { traceFastify } from '@throughline/core/fastify-hooks';
import type { FastifyPluginAsync } from 'fastify';

export { type RequestIdOptions, requestId } from '@throughline/core';
export type { TracingOptions };

/**
 * Plugin that traces every request of the instance it is registered on and of its children: one SERVER span named by
 * the route, a correlation ID, and a context that reaches every hook and handler. Register it first. Registering
 * rejects with a `TypeError` for a wrong option.
 *
 * Beside `@fastify/otel`, register that one before: its span is enriched, where it would make a second one afterwards.
 *
 * @example
 * await app.register(tracing);
 */
export const tracing: FastifyPluginAsync<TracingOptions> = async (app, options) => {
  traceFastify(app, 'fastify', options);
};

// What `fastify-plugin` would set: the hooks belong to the instance that registers the plugin, not to a child of it.
Object.assign(tracing, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@throughline/fastify',
});
