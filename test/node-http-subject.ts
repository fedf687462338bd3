import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setRoute, tracedListener } from '@throughline/core';
import { activeExchange } from '@throughline/core/http-server';
import type { KitAnswer, KitRoute, RunningServer, ServerSetup } from '@throughline/testkit';

/** The reference subject of the server contract: a router of a few lines on bare `node:http`. */
export async function startNodeHttp(setup: ServerSetup): Promise<RunningServer> {
  let listener: RequestListener = (request, response) => handle(setup, request, response);
  for (let n = 0; n < setup.installations; n += 1) listener = tracedListener(listener, setup.options);
  return listen(listener);
}

/** Serves on a free port of 127.0.0.1. */
export async function listen(listener: RequestListener): Promise<RunningServer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
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
export function handle({ middleware, routes }: ServerSetup, request: IncomingMessage, response: ServerResponse): void {
  const [step, ...rest] = middleware;
  if (step === undefined) route(routes, request, response);
  else step(request, response, () => handle({ ...NOTHING, middleware: rest, routes }, request, response));
}

const NOTHING: ServerSetup = { options: {}, middleware: [], routes: [], installations: 0 };

function route(routes: readonly KitRoute[], request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').split('?', 1)[0] as string;
  const found = routes.find((candidate) => methodMatches(candidate, request) && pattern(candidate).test(path));
  if (found === undefined) {
    reply(response, { status: 404, body: 'Not found' });
    return;
  }
  setRoute(template(found));
  answer(found, request, response).catch((thrown: unknown) => {
    activeExchange()?.recordFailure(thrown);
    const status = typeof thrown === 'object' && thrown !== null && 'status' in thrown ? Number(thrown.status) : 500;
    reply(response, { status, body: 'Failed' });
  });
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
