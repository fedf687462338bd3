import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { shareShapes } from './http/express-shapes.ts';
import type { Exchange } from './http-server.ts';
import { exchangeOf, type Forwarded, type Framework } from './node-http.ts';
import { isForwarded } from './server/forwarded.ts';
import { messagesOf } from './server/node-messages.ts';

// What `router` 2.3 and later publish on `tracing:express.router.request`, for every layer a request passes.
type LayerEvent = {
  readonly req: RoutedRequest;
  readonly res: ServerResponse;
  readonly layer: object;
  /** The pattern of the layer that matched; for a handler inside a route, the route's. */
  readonly route?: string | RegExp;
  /** There for callbacks of `router.param()` only. */
  readonly param?: string;
  readonly errorHandler?: boolean;
  readonly error?: unknown;
};

type RoutedRequest = IncomingMessage & {
  /** The running router's own `next`; the router restores the outer one when it is left. */
  next?: object;
  baseUrl?: string;
  route?: { path?: unknown };
  [ROUTING]?: Routing;
};

/** The mount prefixes of the routers that a request is in, by the `next` that identifies each running router. */
type Routing = { readonly routers: (object | undefined)[]; readonly prefixes: string[]; entered: string };

/** Express's own view of a request. */
type ExpressRequest = IncomingMessage & {
  readonly ip?: string | undefined;
  readonly protocol: string;
  readonly host: string;
};

const ROUTING = Symbol.for('throughline.express-routing');
let subscribed = false;
let published = false;

/** What Express, alone or under Nest, knows of a request. Forwarding headers count as its `trust proxy` setting says. */
export function expressFramework(name: string): Framework<ExpressRequest> {
  traceExpressRouter();
  return {
    name,
    prepare: shareShapes,
    forwarded,
    settle: settleRoute,
  };
}

function forwarded(request: ExpressRequest): Forwarded | undefined {
  if (!isForwarded(request)) return undefined;
  return { clientAddress: request.ip, scheme: request.protocol, host: request.host };
}

/**
 * Learns routes and errors from Express's router for every request that has an exchange, by the tracing channel that
 * `router` ≥ 2.3 (Express ≥ 5.3, Nest 12 on Express) publishes. Nothing is patched. Subscribes once per process.
 *
 * @see https://github.com/pillarjs/router/releases/tag/v2.3.0
 */
function traceExpressRouter(): void {
  if (subscribed) return;
  subscribed = true;
  tracingChannel<unknown, LayerEvent>('express.router.request').subscribe({
    start: enterLayer,
    error: ({ req, error }: LayerEvent) => exchangeOf(req)?.recordFailure(error),
  } as never);
}

function enterLayer(event: LayerEvent): void {
  published = true;
  if (event.param !== undefined) return;
  // Prefixes count also before there is an exchange: a router in the middle of the tree may trace by itself.
  const messages = messagesOf(event.req);
  const exchange = messages?.exchange;
  const routing = routingOf(event.req, messages);
  const prefix = prefixOf(event.req, routing);
  if ('method' in event.layer) {
    exchange?.setRoute(joinPattern(prefix, event.route));
    routing.entered = prefix;
    return;
  }
  // A middleware or a mounted router: an earlier route, if any, has passed the request on without an answer.
  if (event.errorHandler !== true && exchange?.route !== undefined && !event.res.headersSent) {
    exchange.setRoute(undefined);
  }
  routing.entered = joinPattern(prefix, event.route);
  if (exchange !== undefined) exchange.mount = routing.entered;
}

// A router seen for the first time runs inside the layer that was entered last.
function prefixOf(request: RoutedRequest, routing: Routing): string {
  const router = request.next;
  const known = routing.prefixes[routing.routers.indexOf(router)];
  if (known !== undefined) return known;
  routing.routers.push(router);
  routing.prefixes.push(routing.entered);
  return routing.entered;
}

function routingOf(request: RoutedRequest, messages: ReturnType<typeof messagesOf>): Routing {
  const known = messages?.routing as Routing | undefined;
  if (known !== undefined) return known;
  const routing = request[ROUTING] ?? { routers: [], prefixes: [], entered: '' };
  if (messages === undefined) request[ROUTING] = routing;
  else messages.routing = routing;
  return routing;
}

function joinPattern(prefix: string, pattern: string | RegExp | undefined): string {
  const text = pattern instanceof RegExp ? pattern.source : (pattern ?? '');
  if (text === '/' || text === '') return prefix === '' && text === '/' ? '/' : prefix;
  return (prefix === '/' ? '' : prefix) + (text.startsWith('/') || pattern instanceof RegExp ? text : `/${text}`);
}

/**
 * Settles the route of an exchange that Express's router handled, when the response is complete: a request that ran out
 * of every router has no route, and one that an older router without the channel matched gets the route that is known for sure.
 */
function settleRoute(request: IncomingMessage, response: ServerResponse, exchange: Exchange): void {
  const routed = request as RoutedRequest;
  if (published) {
    // `next` is restored to its value outside of the application once no layer answered.
    if (routed.next === undefined && response.statusCode === 404 && !exchange.failed) exchange.setRoute(undefined);
  } else if (exchange.route === undefined && routed.baseUrl === '' && routed.next !== undefined) {
    // `baseUrl` holds values where a mount has parameters, so only unmounted routes are safe.
    const path = routed.route?.path;
    if (typeof path === 'string') exchange.setRoute(path);
    else if (path instanceof RegExp) exchange.setRoute(path.source);
  }
}
