import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import type { KitMiddleware, KitRoute, RunningServer, ServerSetup } from '@throughline/testkit';
import Koa, { type Context, type Middleware } from 'koa';
import { tracing } from '../src/tracing.ts';

/** Mounts what the contract kit wants on a Koa application. */
export async function startKoa({
  options,
  middleware,
  routes,
  installations,
  upgrade,
}: ServerSetup): Promise<RunningServer> {
  const app = new Koa();
  app.silent = true; // keeps Koa from printing the errors that scenarios throw
  for (let n = 0; n < installations; n += 1) app.use(tracing(options));
  for (const step of middleware) app.use(adapted(step));
  for (const mount of new Set(routes.map((route) => route.mount))) {
    const router = new Router(mount === undefined ? {} : { prefix: mount });
    for (const route of routes) if (route.mount === mount) addRoute(router, route);
    app.use(router.routes());
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

function adapted(step: KitMiddleware): Middleware {
  return (context, next) =>
    new Promise((resolve, reject) => {
      step(context.req, context.res, (error) => {
        if (error === undefined) next().then(resolve, reject);
        else reject(error);
      });
      if (context.res.writableEnded) resolve(undefined);
    });
}

function addRoute(router: Router, { method, path, handle }: KitRoute): void {
  router.register(path, [method.toLowerCase()], async (context) => {
    const { req: request, res: response } = context;
    response.statusCode = 200; // Koa's own default is 404, also for who writes to the raw response
    const answer = await handle({ request, response, body: await bodyOf(context as Context) });
    if (answer === undefined) {
      context.respond = false; // the handler writes to the raw response
      return;
    }
    context.status = answer.status ?? 200;
    context.type = 'text/plain';
    context.set(answer.headers ?? {});
    context.body = answer.body ?? '';
  });
}

/** The body if it is JSON; Koa has no parser of its own. */
async function bodyOf(context: Context): Promise<unknown> {
  if (context.get('content-type') !== 'application/json') return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of context.req) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return context.throw(400);
  }
}
