import { tracing } from '@throughline/fastify';
import type { KitRoute, RunningServer, ServerSetup } from '@throughline/testkit';
import type { FastifyInstance } from 'fastify';

/** Mounts what the contract kit wants on a Fastify instance. */
export async function startFastify(
  app: FastifyInstance,
  { options, middleware, routes, installations, upgrade }: ServerSetup,
): Promise<RunningServer> {
  for (let n = 0; n < installations; n += 1) await app.register(tracing, options);
  for (const step of middleware) {
    app.addHook('onRequest', (request, reply, done) => step(request.raw, reply.raw, done));
  }
  app.addContentTypeParser('*', (_request, _payload, done) => done(null)); // the kit's handlers read it themselves
  if (upgrade !== undefined) app.server.on('upgrade', upgrade);
  for (const route of routes) {
    if (route.mount === undefined) addRoute(app, route);
    else await app.register(async (child) => addRoute(child, route), { prefix: route.mount });
  }
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, close: () => app.close() };
}

function addRoute(app: FastifyInstance, route: KitRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    async handler(request, reply) {
      const answer = await route.handle({ request: request.raw, response: reply.raw, body: request.body });
      if (answer === undefined) return void reply.hijack();
      return reply
        .code(answer.status ?? 200)
        .headers(answer.headers ?? {})
        .type('text/plain')
        .send(answer.body ?? '');
    },
  });
}
