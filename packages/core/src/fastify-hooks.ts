import { type IncomingMessage, METHODS, type RequestListener, type ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import type { Correlation } from './correlation.ts';
import { createServerTracing, exchangeOf, type Forwarded } from './node-http.ts';
import type { TracingOptions } from './options.ts';
import { isForwarded } from './server/forwarded.ts';

/** The hooks that trace a Fastify instance; add each under its name. */
export type FastifyHooks = {
  onRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
  onError(request: FastifyRequest, reply: FastifyReply, error: Error, done: () => void): void;
};

/** As much of a Fastify instance as it takes to trace it. */
export type FastifyInstance = {
  readonly server: { on(event: 'request', listener: RequestListener): unknown };
  addHook(name: keyof FastifyHooks, hook: never): unknown;
};

type FastifyReply = {
  readonly raw: ServerResponse;
  readonly request: FastifyRequest;
  hasHeader(name: string): boolean;
  header(name: string, value: string): unknown;
};
type FastifyRequest = {
  readonly raw: IncomingMessage;
  readonly is404: boolean;
  readonly routeOptions: { readonly url?: string | undefined };
  readonly ip: string;
  readonly protocol: string;
  readonly host: string;
  /** What `@fastify/otel` adds; it runs later hooks in spans of their own, so that the active span is not the request's. */
  opentelemetry?(): { readonly span?: Span | null };
};

/**
 * Traces the requests of a Fastify instance, alone or under Nest, by hooks, which it returns. The route is known at the
 * start of the span. Forwarding headers count as Fastify's `trustProxy` setting says. Throws a `TypeError` for a wrong
 * option.
 */
export function traceFastify(app: FastifyInstance, name: string, options: TracingOptions = {}): FastifyHooks {
  const server = createServerTracing<FastifyReply | undefined>(
    {
      name,
      // The "not found" handler has route options of its own, but no route matched.
      route: (reply) => (reply?.request.is404 === false ? reply.request.routeOptions.url : undefined),
      serverSpan: (reply) => reply?.request.opentelemetry?.().span ?? undefined,
      forwarded,
      echo,
      hasHooks: true,
    },
    options,
  );
  const hooks: FastifyHooks = {
    onRequest: (request, reply, done) => server.run(request.raw, reply.raw, reply, done),
    onError(request, _reply, error, done) {
      exchangeOf(request.raw)?.recordFailure(error);
      done();
    },
  };
  for (const [hook, run] of Object.entries(hooks)) app.addHook(hook as keyof FastifyHooks, run as never);
  app.server.on('request', (request, response) => {
    if (isRefused(request, response)) server.run(request, response, undefined, () => {});
  });
  return hooks;
}

// Fastify gives requests `ips` if it trusts a proxy; if not, the headers need not be looked at.
function forwarded(reply: FastifyReply | undefined): Forwarded | undefined {
  if (reply === undefined || !('ips' in reply.request) || !isForwarded(reply.request.raw)) return undefined;
  const { ip, protocol, host } = reply.request;
  return { clientAddress: ip, scheme: protocol, host };
}

// A header that is set on Node's response makes Node copy and check all of Fastify's.
function echo(reply: FastifyReply | undefined, { header, id }: Correlation): boolean {
  if (reply === undefined) return false;
  if (!reply.hasHeader(header)) reply.header(header, id);
  return true;
}

// Fastify answers a path that cannot be decoded, or with a parameter that is too long, by itself, before any hook; so it
// does with a method that Node does not know, which only HTTP/2 lets through.
function isRefused(request: IncomingMessage, response: ServerResponse): boolean {
  if (!response.writableEnded || exchangeOf(request) !== undefined) return false;
  const { statusCode } = response;
  return (
    statusCode === 400 || statusCode === 414 || (statusCode === 404 && !METHODS.includes(request.method as string))
  );
}
