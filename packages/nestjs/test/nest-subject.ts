import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Controller,
  HttpException,
  type INestApplication,
  Module,
  Req,
  RequestMapping,
  RequestMethod,
  Res,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { TracingModule } from '@throughline/nestjs';
import type { KitRoute, RunningServer, ServerSetup } from '@throughline/testkit';

type PlatformRequest = IncomingMessage & { raw?: IncomingMessage; body?: unknown };
type PlatformReply = ServerResponse & { raw?: ServerResponse; hijack?(): void };

/** Mounts what the contract kit wants on a Nest application, one controller per mount. */
export async function startNest(adapter: AbstractHttpAdapter, setup: ServerSetup): Promise<RunningServer> {
  const { options, middleware, routes, installations, upgrade } = setup;
  const mounts = [...new Set(routes.map((route) => route.mount))];
  const controllers = mounts.map((mount) =>
    controllerOf(
      mount,
      routes.filter((route) => route.mount === mount),
    ),
  );
  class AppModule {}
  const imports = Array.from({ length: installations }, () => TracingModule.forRoot(options));
  Module({ imports, controllers })(AppModule);
  const app: INestApplication = await NestFactory.create(AppModule, adapter, {
    logger: false,
    forceCloseConnections: true,
  });
  for (const step of middleware) app.use(step);
  leaveBodiesAlone(app);
  if (upgrade !== undefined) app.getHttpServer().on('upgrade', upgrade);
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

// Fastify refuses a body that no parser is there for; the kit's handlers read such bodies themselves.
function leaveBodiesAlone(app: INestApplication): void {
  if (app.getHttpAdapter().getType() !== 'fastify') return;
  const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
  fastify.addContentTypeParser('*', (_request: unknown, _payload: unknown, done: (error: null) => void) => done(null));
}

type FastifyInstance = { addContentTypeParser(type: string, parser: unknown): void };

// What @Controller and @Get do to a class that is written out.
function controllerOf(mount: string | undefined, routes: readonly KitRoute[]): Type {
  class KitController {}
  for (const [index, route] of routes.entries()) {
    const name = `handler${index}`;
    const value = async (request: PlatformRequest, reply: PlatformReply): Promise<void> => {
      const exchange = { request: request.raw ?? request, response: reply.raw ?? reply, body: request.body };
      const answer = await inNestTerms(() => route.handle(exchange));
      if (answer === undefined) return reply.hijack?.();
      for (const [header, text] of Object.entries(answer.headers ?? {})) exchange.response.setHeader(header, text);
      exchange.response.writeHead(answer.status ?? 200, { 'content-type': 'text/plain' });
      reply.hijack?.();
      exchange.response.end(answer.body ?? '');
    };
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(KitController.prototype, name, { value, configurable: true, writable: true });
    const descriptor = Object.getOwnPropertyDescriptor(KitController.prototype, name) as PropertyDescriptor;
    RequestMapping({ path: route.path, method: RequestMethod[route.method] })(
      KitController.prototype,
      name,
      descriptor,
    );
    Req()(KitController.prototype, name, 0);
    Res()(KitController.prototype, name, 1);
  }
  Controller(mount ?? '/')(KitController);
  return KitController;
}

async function inNestTerms<Result>(handle: () => Result): Promise<Awaited<Result>> {
  try {
    return await handle();
  } catch (thrown) {
    if (thrown instanceof Error && 'status' in thrown) throw new HttpException(thrown.message, Number(thrown.status));
    throw thrown;
  }
}
