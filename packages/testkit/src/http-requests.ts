import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { KitRoute, ServerSetup, ServerSubject } from './http-server-subject.ts';

/** Starts the subject with these routes, runs `use` with its URL and stops it, whatever happens. */
export async function serve(
  subject: ServerSubject,
  routes: readonly KitRoute[],
  use: (url: string) => Promise<void>,
  setup: Partial<Omit<ServerSetup, 'routes'>> = {},
): Promise<void> {
  const { options = {}, middleware = [], installations = 1, upgrade } = setup;
  const server = await subject.start({ options, middleware, routes, installations, upgrade });
  try {
    await use(server.url);
  } finally {
    await server.close();
  }
}

export type Sent = { method?: string; headers?: OutgoingHttpHeaders; body?: string; agent?: Agent };
export type Received = { status: number; headers: IncomingMessage['headers']; body: string };

/** Sends one request on a connection of its own and reads the whole response. Nothing of a trace is added. */
export async function send(url: string, sent: Sent = {}): Promise<Received> {
  const response = await responseTo(open(url, sent));
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode as number, headers: response.headers, body };
}

/** Sends one request and leaves the rest to the caller, who may abort it. */
export function open(url: string, { method = 'GET', headers = {}, body, agent }: Sent = {}): ClientRequest {
  const outgoing = request(url, { method, headers, agent: agent ?? new Agent({ keepAlive: false }) });
  outgoing.on('error', () => {}); // awaited as a rejection where it matters; aborted on purpose elsewhere
  outgoing.end(body);
  return outgoing;
}

/** The response to a request that was sent, as soon as its headers are there. */
export async function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

/** Opens a connection of which the caller writes the bytes. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}); // the scenarios look at what the server makes of it
  return socket;
}

/** A request as it goes over the wire, for one that Node's client would not send. */
export function rawRequest(requestLine: string, headers: readonly string[] = [], body = ''): string {
  return `${[`${requestLine} HTTP/1.1`, 'Host: kit.example', ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** Writes bytes to the server as they are and resolves with all that comes back until it closes the connection. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const socket = openSocket(url);
  socket.end(Buffer.from(bytes, 'latin1'));
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  // A server that refuses what it reads may reset the connection; `once` would reject.
  await new Promise((resolve) => socket.on('close', resolve));
  return received;
}
