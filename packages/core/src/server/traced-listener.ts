import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { activeExchange } from '../http-server.ts';
import { createServerTracing, exchangeOf } from '../node-http.ts';
import type { TracingOptions } from '../options.ts';

/**
 * Traces a server on bare `node:http` or `node:http2`, without any framework: wraps its request listener. What the
 * listener throws or rejects with is recorded and passed on, the same value. Throws a `TypeError` for a wrong option.
 *
 * @example
 * createServer(tracedListener((request, response) => {
 *   setRoute('/items/:id');
 *   response.end('ok');
 * })).listen(8080);
 */
export function tracedListener(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
  options: TracingOptions = {},
): RequestListener {
  const server = createServerTracing<IncomingMessage>({ name: 'core', echo: leaveToHead }, options);
  return function tracedRequestListener(request, response) {
    let result: unknown;
    server.run(request, response, request, () => {
      try {
        result = listener(request, response);
        // What it rejects with is recorded where somebody is told: that takes a promise more.
        if (result instanceof Promise && exchangeOf(request)?.isObserved === true) {
          result = result.catch((thrown) => recordAndRethrow(request, thrown));
        }
      } catch (thrown) {
        recordAndRethrow(request, thrown);
      }
    });
    return result;
  };
}

/**
 * Names the route template that answers the active request, where no router can know it: on bare `node:http`, or behind
 * a route that matches everything. Does nothing outside of a traced request.
 */
export function setRoute(route: string): void {
  activeExchange()?.setRoute(route);
}

// A header that is set makes Node.js copy and check all that a listener gives to `writeHead`: there is time until then.
function leaveToHead(): boolean {
  return true;
}

function recordAndRethrow(request: IncomingMessage, thrown: unknown): never {
  exchangeOf(request)?.recordFailure(thrown);
  throw thrown;
}
