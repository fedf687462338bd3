import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tracing } from '@throughline/express';
import type { KitRoute, RunningServer, ServerSetup } from '@throughline/testkit';
import express, { type IRouter, type RequestHandler } from 'express';

/** Mounts what the contract kit wants on an Express application. */
export async function startExpress({
  options,
  middleware,
  routes,
  installations,
  upgrade,
}: ServerSetup): Promise<RunningServer> {
  const app = express();
  app.set('env', 'test'); // keeps Express from logging the errors that scenarios throw
  for (let n = 0; n < installations; n += 1) app.use(tracing(options));
  for (const step of middleware) app.use(step as RequestHandler);
  app.use(express.json());
  for (const mount of new Set(routes.map((route) => route.mount))) {
    const target: IRouter = mount === undefined ? app : express.Router();
    for (const route of routes) if (route.mount === mount) addRoute(target, route);
    if (mount !== undefined) app.use(mount, target);
  }
  const server = app.listen(0, '127.0.0.1');
  if (upgrade !== undefined) server.on('upgrade', upgrade);
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function addRoute(target: IRouter, route: KitRoute): void {
  const method = route.method.toLowerCase() as 'get';
  target[method](route.path, async (request, response) => {
    const answer = await route.handle({ request, response, body: request.body });
    if (answer === undefined) return;
    response.status(answer.status ?? 200).type('text/plain');
    response.set(answer.headers ?? {}).send(answer.body ?? '');
  });
}
