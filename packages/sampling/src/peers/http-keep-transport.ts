import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { errorMessage, suppressTracing } from '@throughline/core';
import type { KeepInbox, KeepTransport } from './keep-transport.ts';

/** Where an instance listens for its peers, and how they reach it. */
export type HttpKeepTransportOptions = {
  host?: string | undefined;
  port?: number | undefined;
  advertise?: string | undefined;
};

const TIMEOUT_MS = 2000;
const IDLE_MS = 60_000;
const REUSED_FOR_MS = IDLE_MS / 2;
const MAX_CONNECTIONS = 512;
const ADDRESS = /^(.+):(\d{1,5})$/;

/** Messages by HTTP, from one instance to the other: a server of its own, and connections that stay open. */
export function httpKeepTransport({
  host = '127.0.0.1',
  port = 0,
  advertise,
}: HttpKeepTransportOptions): KeepTransport {
  const limits = { maxSockets: 1, maxTotalSockets: MAX_CONNECTIONS, timeout: REUSED_FOR_MS };
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', ...limits });
  let server: Server | undefined;
  return {
    async open(inbox) {
      server = context.with(suppressTracing(ROOT_CONTEXT), () => createKeepServer(inbox));
      await listening(server, host, port);
      return advertise ?? addressOf(host, (server.address() as AddressInfo).port);
    },
    send: (address, message) => post(agent, address, message),
    async close() {
      agent.destroy();
      server?.close();
      server?.closeAllConnections();
    },
  };
}

function createKeepServer(inbox: KeepInbox): Server {
  const limits = { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, keepAliveTimeout: IDLE_MS };
  const server = createServer({ ...limits, connectionsCheckingInterval: TIMEOUT_MS, maxHeaderSize: 2048 });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => socket.unref());
  server.on('clientError', (_error, socket) => {
    inbox.refuse();
    socket.destroy();
  });
  server.on('request', (received, response) => receive(inbox, received, response));
  return server.unref();
}

function receive(inbox: KeepInbox, received: IncomingMessage, response: ServerResponse): void {
  received.on('error', () => {});
  response.sendDate = false;
  const status = statusBeforeBody(received, inbox);
  if (status !== undefined) {
    refuse(inbox, received, response, status);
    return;
  }
  let message = '';
  received.setEncoding('latin1');
  received.on('data', (chunk: string) => {
    if (message.length <= inbox.maxLength) message += chunk;
    if (message.length > inbox.maxLength && !response.headersSent) refuse(inbox, received, response, 413);
  });
  received.on('end', () => {
    if (response.headersSent) return;
    // Connections of HTTP/1.1 stay open without a word, and messages are short.
    response.removeHeader('connection');
    response.writeHead(inbox.take(message) ? 204 : 403).end();
  });
}

function statusBeforeBody({ method, url, headers }: IncomingMessage, { maxLength }: KeepInbox): number | undefined {
  if (method !== 'POST' || url !== '/keep') return 404;
  return Number(headers['content-length']) > maxLength ? 413 : undefined;
}

// Who sends such things has nothing more to say.
function refuse(inbox: KeepInbox, received: IncomingMessage, response: ServerResponse, status: number): void {
  inbox.refuse();
  response.shouldKeepAlive = false;
  response.writeHead(status).end(() => received.destroy());
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Not to be shared with other workers of a cluster: each has its own traces.
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', (thrown) => diag.warn(`[sampling] The server for peers failed: ${errorMessage(thrown)}`));
      resolve();
    });
  });
}

function addressOf(host: string, port: number): string {
  const reached = host === '0.0.0.0' || host === '::' ? outwardAddress() : host;
  return isIPv6(reached) ? `[${reached}]:${port}` : `${reached}:${port}`;
}

function outwardAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward =
    all.find(({ family, internal }) => family === 'IPv4' && !internal) ?? all.find(({ internal }) => !internal);
  return outward?.address ?? '127.0.0.1';
}

function post(agent: Agent, address: string, message: string): Promise<void> {
  const [, host, port] = ADDRESS.exec(address) ?? [];
  if (host === undefined) return Promise.reject(new Error('The peer is not to be reached by HTTP.'));
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': message.length };
    const hostname = host.replace(/^\[|\]$/g, '');
    const sent = request({ agent, hostname, port, method: 'POST', path: '/keep', headers });
    sent.removeHeader('connection');
    // A whole answer is due by then, whatever comes meanwhile.
    const timer = setTimeout(() => sent.destroy(new Error('The peer does not answer.')), TIMEOUT_MS).unref();
    sent.on('socket', (socket) => socket.unref());
    sent.on('error', reject);
    sent.on('close', () => {
      clearTimeout(timer);
      reject(new Error('The peer hung up.'));
    });
    sent.on('response', (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 204) resolve();
        else reject(new Error(`The peer answers ${response.statusCode}.`));
      });
    });
    sent.end(message, 'latin1');
  });
}
