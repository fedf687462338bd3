import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What the service got: method, target, headers but those of a trace, and the body. */
export type Echo = { method: string; target: string; headers: Record<string, unknown>; body: string };

/** Starts a service that answers with what it got, until the test has finished. Resolves with its URL. */
export function startEcho(): Promise<string> {
  return startService(async (request, response) => {
    const { traceparent: _, host: _host, ...headers } = request.headers;
    const type = headers['content-type'];
    const boundary = /boundary=(.+)/.exec(type ?? '')?.[1];
    if (boundary !== undefined) headers['content-type'] = type?.replace(boundary, 'B');
    const body = await text(request);
    const echo: Echo = {
      method: request.method as string,
      target: request.url as string,
      headers,
      body: boundary === undefined ? body : body.replaceAll(boundary, 'B'),
    };
    const caller = callerOf(request);
    if (caller !== undefined) response.setHeader('x-caller', caller);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(echo));
  });
}

/** Starts a service that answers so, until the test has finished. Resolves with its URL, without a slash at the end. */
export async function startService(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The id of the span that a request came from. */
export function callerOf(request: IncomingMessage): string | undefined {
  return request.headers.traceparent?.toString().split('-')[2];
}
