import type { IncomingMessage, ServerResponse } from 'node:http';
import { context } from '@opentelemetry/api';
import { createServerTracing, exchangeOf } from './node-http.ts';
import type { TracingOptions } from './options.ts';

/** The hooks that trace a Fastify instance; add each under its name. */
export type FastifyHooks = {
  onRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
  preParsing<Payload>(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: Payload,
    done: (error: null, payload: Payload) => void,
  ): void;
  onError(request: FastifyRequest, reply: FastifyReply, error: Error, done: () => void): void;
};

type FastifyReply = { readonly raw: ServerResponse };
type FastifyRequest = {
  readonly raw: IncomingMessage;
  readonly is404: boolean;
  readonly routeOptions: { readonly url?: string | undefined };
  readonly ip: string;
  readonly protocol: string;
  readonly host: string;
};

/**
 * Makes the hooks that trace the requests of a Fastify instance, alone or under Nest. The route is known at the start of
 * the span. Forwarding headers count as Fastify's `trustProxy` setting says. Throws a `TypeError` for a wrong option.
 */
export function fastifyHooks(name: string, options: TracingOptions = {}): FastifyHooks {
  const server = createServerTracing<FastifyRequest>(
    {
      name,
      // The "not found" handler has route options of its own, but no route matched.
      route: (request) => (request.is404 ? undefined : request.routeOptions.url),
      forwarded: (request) => ({ clientAddress: request.ip, scheme: request.protocol, host: request.host }),
    },
    options,
  );
  return {
    onRequest: (request, reply, done) => server.run(request.raw, reply.raw, request, done),
    // Fastify reads the body in events of the parser; what earlier hooks put into the context must survive them.
    preParsing(request, _reply, payload, done) {
      const exchange = exchangeOf(request.raw);
      if (exchange !== undefined) exchange.context = context.active();
      done(null, payload);
    },
    onError(request, _reply, error, done) {
      exchangeOf(request.raw)?.recordFailure(error);
      done();
    },
  };
}
