import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { callSafely } from '../span/failure.ts';

// From V8 8.4 on and until Node.js 24: https://github.com/nodejs/node/issues/37457
const IS_EACH_ITS_OWN = Number.parseInt(process.versions.v8, 10) < 13;
const NOTHING = Symbol('throughline.nothing');

/** An application of Express, by what it makes the prototypes of requests and responses. */
type Application = RequestListener & { readonly request: object; readonly response: object };

type ServerRequest = IncomingMessage & { readonly app?: Application; readonly socket?: { readonly server?: Server } };

type RequestEvent = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly server: Server };

/** The applications that are the only listener of their server. */
const applications = new WeakMap<Server, Application>();
let subscribed = false;

/**
 * Gives a request and a response of Express hidden classes that others share. Express changes their prototypes, and before Node.js 24
 * V8 makes a class of its own for each such object at every property that it gets afterwards: no code that is compiled for a class
 * finds it again, half a microsecond for every property read, in Node.js, in Express and in the application; and the classes
 * have to be collected. An object that has lost a property keeps them in a table, and all tables are of one class.
 *
 * Where the application itself is what the server calls, its next requests get prototypes and tables ahead of it, as it would give them
 * at once: what it adds makes no more classes then. Nothing else can be seen of either.
 */
export function shareShapes(request: ServerRequest, response: ServerResponse): void {
  if (!IS_EACH_ITS_OWN) return;
  const server = request.socket?.server;
  if (server !== undefined && applications.has(server)) return;
  shareShape(request);
  shareShape(response);
  const { app } = request;
  if (server === undefined || app === undefined || !isOnlyListener(app, server)) return;
  if (Object.getPrototypeOf(request) !== app.request || Object.getPrototypeOf(response) !== app.response) return;
  applications.set(server, app);
  if (subscribed) return;
  subscribed = true;
  subscribe('http.server.request.start', (event) => callSafely('request', prepare, event as RequestEvent));
}

function prepare({ request, response, server }: RequestEvent): void {
  const app = applications.get(server);
  if (app === undefined) return;
  if (!isOnlyListener(app, server)) {
    applications.delete(server);
    return;
  }
  Object.setPrototypeOf(request, app.request);
  Object.setPrototypeOf(response, app.response);
  shareShape(request);
  shareShape(response);
}

// Who expects something may be answered by another listener.
function isOnlyListener(app: Application, server: Server): boolean {
  return (
    server.listenerCount('request', app) === 1 &&
    server.listenerCount('request') === 1 &&
    server.listenerCount('checkContinue') === 0 &&
    server.listenerCount('checkExpectation') === 0
  );
}

function shareShape(message: object): void {
  const slot = message as { [NOTHING]?: undefined };
  slot[NOTHING] = undefined;
  delete slot[NOTHING];
}
