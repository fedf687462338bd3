import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Backend } from '../intake/backend.ts';
import { isSameSecret, TOKEN_COOKIE, verdictOn } from './access.ts';
import { limitConnections } from './connections.ts';
import { LiveStreams } from './live-stream.ts';
import { MCP_PATH, McpRequests } from './mcp-request.ts';
import { PageFiles } from './page-files.ts';
import { isIntake, receive } from './receiver.ts';
import { type BodyLimits, BodyReader, DEFAULT_LIMITS } from './request-body.ts';
import { targetOf } from './request-target.ts';
import { send } from './send.ts';

export type ViewerServerOptions = {
  /** What senders and browsers have to show; without it only what is addressed to this machine is answered. */
  readonly token: string | undefined;
  /** The folder with the built page. */
  readonly page: string;
  readonly limits?: BodyLimits;
  /** How long a request may take to arrive, in milliseconds. @default 30_000 */
  readonly requestTimeout?: number;
  /** Called whenever somebody uses the viewer. */
  readonly onUse?: () => void;
};

const MAX_CONNECTIONS = 512;

/** The HTTP server of the viewer, not listening yet: intake, APIs and page. */
export function createViewerServer(
  backend: Backend,
  { token, page, limits = DEFAULT_LIMITS, requestTimeout = 30_000, onUse = () => {} }: ViewerServerOptions,
): Server {
  const bodies = new BodyReader(limits);
  const files = new PageFiles(page);
  const live = new LiveStreams(backend, onUse);
  const messages = new McpRequests(backend);
  const server = createServer(
    {
      requestTimeout,
      headersTimeout: Math.min(10_000, requestTimeout),
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: Math.min(5000, requestTimeout),
    },
    (request, response) => {
      request.on('error', () => {});
      response.on('error', () => {});
      onUse();
      handle(request, response).catch(() =>
        send(response, 500, 'application/json', '{"message":"The viewer could not answer."}'),
      );
    },
  );
  limitConnections(server, MAX_CONNECTIONS);
  server.on('close', () => live.close());
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = targetOf(request.url);
    if (target === undefined) return refuse(request, response, 400, 'Expected a path.');
    const { path, parameters } = target;
    if (token !== undefined && isSameSecret(parameters.get('token') ?? '', token))
      return rememberToken(response, path, token);
    const intake = isIntake(request.method, path);
    // Browsers ask before they send, without what they would show.
    const asks = intake && request.method === 'OPTIONS';
    const verdict = verdictOn(request, asks ? undefined : token, intake);
    if (verdict !== undefined && !(asks && token !== undefined))
      return refuse(request, response, verdict.status, verdict.message);
    if (intake) return receive(request, response, path, bodies, backend);
    if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST')
      return refuse(request, response, 405, 'Expected GET or POST.');
    if (path.startsWith('/v1/')) {
      if (request.method === 'POST') return refuse(request, response, 404, 'The viewer takes /v1/traces and /v1/logs.');
      response.setHeader('allow', 'POST');
      return refuse(request, response, 405, 'Expected POST: OTLP is sent here. The page is at /.');
    }
    if (path === '/api/viewer/live' && request.method === 'GET') return live.start(response);
    if (!isApi(path)) return files.serve(response, path);
    const { accept = '' } = request.headers;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (path === MCP_PATH && method === 'POST')
      return messages.answer(request, response, { method, path, parameters, accept });
    const answer = await backend.answer({ method, path, parameters, accept });
    if (!request.complete) request.resume();
    send(response, answer.status, answer.type, answer.body);
  }
}

function isApi(path: string): boolean {
  return /^\/(?:(?:jaeger|tempo|zipkin)\/)?(?:api|mcp|v1)(?:\/|$)/.test(path);
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, status, 'application/json', JSON.stringify({ message }));
}

// Keeps the token out of the history and of what is copied from the address bar.
function rememberToken(response: ServerResponse, path: string, token: string): void {
  response.setHeader('set-cookie', `${TOKEN_COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/`);
  response.setHeader('location', /^\/[\w/-]*$/.test(path) ? path : '/');
  send(response, 303, undefined, '');
}
