import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Span, TracerProvider } from '@opentelemetry/api';

/** A server adapter under test. */
export type ServerSubject = {
  readonly name: string;
  /** Starts a server on 127.0.0.1 with the adapter installed first, then the middleware, then the routes. */
  start(setup: ServerSetup): Promise<RunningServer>;
};

/** What the kit wants mounted. */
export type ServerSetup = {
  /** To be passed to the adapter as they are. */
  readonly options: ServerSubjectOptions;
  /** To be installed by the framework's own means, after the adapter and before the routes, on the raw objects. */
  readonly middleware: readonly KitMiddleware[];
  readonly routes: readonly KitRoute[];
  /** How often to install the adapter; 1 unless a scenario says otherwise. */
  readonly installations: number;
  /** To be added to the server as listener of `upgrade`, if there is one. */
  readonly upgrade: KitUpgrade | undefined;
};

export type RunningServer = {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  /** Stops the server and closes its connections. */
  close(): Promise<void>;
};

/** The options that all adapters share, as far as the kit uses them. */
export type ServerSubjectOptions = {
  tracerProvider?: TracerProvider;
  ignore?: (request: IncomingMessage) => boolean;
  trust?: (request: IncomingMessage) => 'continue' | 'link' | 'ignore';
  isError?: (statusCode: number) => boolean;
  correlation?: { headers?: readonly string[]; valid?: RegExp; generate?: 'random' | 'trace-id' | (() => string) };
  requestHeaders?: readonly string[];
  responseHeaders?: readonly string[];
  redactQuery?: readonly string[];
  onStart?: (span: Span, request: IncomingMessage) => void;
  onEnd?: (span: Span, request: IncomingMessage, response: ServerResponse) => void;
};

/** Answers, or calls `next`: with an error if the framework is to handle one. */
export type KitMiddleware = (request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => void;

export type KitUpgrade = (request: IncomingMessage, socket: Duplex) => void;

/** A route in the form `/items/:id`; each framework writes it in its own syntax if that differs. */
export type KitRoute = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  /** The template of a router (a prefixed plugin, a controller) that the route is registered in; none at the top level. */
  readonly mount?: string;
  readonly path: string;
  readonly handle: KitHandler;
};

/**
 * What a route does. An error with a `status` that it throws is one that the framework is to answer with that status; the
 * adapter may put it into the framework's own class for such errors. Otherwise it returns the answer for the framework to send, throws or rejects for the framework to handle, or
 * returns nothing and writes to the raw response itself, now or later.
 */
export type KitHandler = (exchange: KitExchange) => KitAnswer | undefined | Promise<KitAnswer | undefined>;

export type KitExchange = {
  /** Node's own objects, also where the framework wraps them. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The body as the framework's own parser has read it, for `application/json`; of any other, the handler reads the request. */
  readonly body: unknown;
};

/** An answer for the framework to send: 200 and `text/plain` unless it says otherwise. */
export type KitAnswer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string };
