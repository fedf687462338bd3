import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, type Span, trace } from '@opentelemetry/api';
import type { ClientSubject, ClientSubjectOptions, TracedClient } from './http-client-subject.ts';

/** A service that clients under test call. */
export type Target = {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The requests that came, in order. */
  readonly requests: IncomingMessage[];
};

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a service that answers so, and a client with these options, and stops both, whatever happens. */
export async function callTarget(
  subject: ClientSubject,
  answer: Answer,
  use: (client: TracedClient, target: Target) => Promise<void>,
  options: ClientSubjectOptions = {},
): Promise<void> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = await subject.create(options);
  try {
    await use(client, { url: `http://127.0.0.1:${port}`, port, requests });
  } finally {
    await client.close?.();
    server.closeAllConnections();
    server.close();
  }
}

/** Answers 200 with a short body. */
export const answerOk: Answer = (_request, response) => {
  response.end('ok');
};

/** Every value of a header of the request, as many as came over the wire. */
export function valuesOf(request: IncomingMessage | undefined, name: string): string[] {
  return request?.headersDistinct[name] ?? [];
}

/** Runs a function in a span of its own, as an application that makes a call would; the span has ended afterwards. */
export async function inSpan<Result>(name: string, run: (span: Span) => Promise<Result>): Promise<Result> {
  const span = trace.getTracer('testkit').startSpan(name);
  try {
    return await context.with(trace.setSpan(context.active(), span), run, undefined, span);
  } finally {
    span.end();
  }
}

/** What a promise rejects with. Throws if it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const [settled] = await Promise.allSettled([promise]);
  if (settled.status === 'rejected') return settled.reason;
  throw new Error('[testkit] The client resolved where it had to reject.');
}
