import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setRoute, tracedListener } from '@throughline/core';
import { exchangeOf } from '@throughline/core/node-http';
import type { KitAnswer, KitRoute, KitUpgrade, RunningServer, ServerSetup } from '@throughline/testkit';

/** The reference subject of the server contract: a router of a few lines on bare `node:http`. */
export async function startNodeHttp(setup: ServerSetup): Promise<RunningServer> {
  let listener: RequestListener = (request, response) => handle(setup, request, response);
  for (let n = 0; n < setup.installations; n += 1) listener = tracedListener(listener, setup.options);
  return listen(listener, setup.upgrade);
}

/** The reference subject over HTTP/2. */
export async function startNodeHttp2(setup: ServerSetup): Promise<RunningServer> {
  let listener: RequestListener = (request, response) => handle(setup, request, response);
  for (let n = 0; n < setup.installations; n += 1) listener = tracedListener(listener, setup.options);
  return listenOverHttp2(listener);
}

/** Serves HTTP/2, without TLS, on a free port of 127.0.0.1. */
export async function listenOverHttp2(listener: RequestListener): Promise<RunningServer> {
  const server = createHttp2Server(listener as unknown as Http2Listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

// Node's compatibility layer gives objects that do what those of HTTP/1.1 do, but are declared apart.
type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** Serves on a free port of 127.0.0.1. */
export async function listen(listener: RequestListener, upgrade?: KitUpgrade): Promise<RunningServer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
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

/** Runs the middleware, finds the route and lets it answer. */
export function handle(
  { middleware, routes }: Pick<ServerSetup, 'middleware' | 'routes'>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [step, ...rest] = middleware;
  if (step === undefined) {
    route(routes, request, response);
    return;
  }
  step(request, response, (error) => {
    if (error === undefined) handle({ middleware: rest, routes }, request, response);
    else fail(error, request, response);
  });
}

function route(routes: readonly KitRoute[], request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').replace(/^http:\/\/[^/?]*/, '').split('?', 1)[0] as string;
  const found = routes.find((candidate) => methodMatches(candidate, request) && pattern(candidate).test(path));
  if (found === undefined) {
    reply(response, { status: 404, body: 'Not found' });
    return;
  }
  setRoute(template(found));
  answer(found, request, response).catch((thrown: unknown) => fail(thrown, request, response));
}

function fail(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  exchangeOf(request)?.recordFailure(thrown);
  const status = typeof thrown === 'object' && thrown !== null && 'status' in thrown ? Number(thrown.status) : 500;
  if (!response.headersSent) reply(response, { status, body: 'Failed' });
  else if (!response.writableEnded) response.destroy();
}

async function answer(found: KitRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = request.headers['content-type'] === 'application/json' ? await readJson(request) : undefined;
  const answered = await found.handle({ request, response, body });
  if (answered !== undefined) reply(response, answered);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (thrown) {
    throw Object.assign(thrown as Error, { status: 400 });
  }
}

function reply(response: ServerResponse, { status = 200, headers = {}, body = '' }: KitAnswer): void {
  if (response.writableEnded) return;
  response.writeHead(status, { 'content-type': 'text/plain', ...headers });
  response.end(body);
}

function methodMatches(route: KitRoute, request: IncomingMessage): boolean {
  return route.method === request.method || (route.method === 'GET' && request.method === 'HEAD');
}

function template({ mount = '', path }: KitRoute): string {
  return path === '/' && mount !== '' ? mount : mount + path;
}

function pattern(route: KitRoute): RegExp {
  return new RegExp(`^${template(route).replaceAll(/:\w+/g, '[^/]+')}/?$`);
}
