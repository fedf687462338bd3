import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from '@opentelemetry/api';
import { WIRE } from '../context/active-context.ts';
import { context } from '../context/registered-api.ts';
import { callSafely, reportHook } from '../span/failure.ts';
import type { CallUrl } from './call-url.ts';
import type { TracedCall } from './http-call.ts';
import { negotiatedVersion, whenConnected } from './http-connection.ts';

/**
 * What Node's own channels tell of the requests that one call makes, whatever client makes them: when each goes to the
 * wire and its headers come (`node:http` and undici), and when its body is complete or broken off (undici, and so fetch).
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#http
 * @see https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export class Wire {
  /** Run the call in this context. */
  readonly context: Context;
  /** Whether the headers of the last request were reported. */
  responded = false;
  /** Whether all of its response was. */
  isComplete = false;
  #call: TracedCall | undefined;
  #sends = 0;
  #underWay: object | undefined;
  #failure: unknown;
  #onClose: ((failure: unknown) => void) | undefined;
  #onAnswer: ((response: IncomingMessage) => void) | undefined;

  constructor(call: TracedCall) {
    subscribeOnce();
    this.#call = call;
    this.context = call.context.setValue(WIRE, this);
  }

  /** Whether a call to this URL is the one under way here, made once more by what it is made of. */
  carries(url: CallUrl): boolean {
    return this.#call?.ended === false && this.#call.url.href === url.href;
  }

  /** Whether the last request is complete, or there is none that tells. */
  get isClosed(): boolean {
    return this.#underWay === undefined;
  }

  /** What broke the last request off, if anything did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Calls back when the request under way is complete, with what broke it off if anything did. */
  whenClosed(callback: (failure: unknown) => void): void {
    this.#onClose = callback;
  }

  /** A request was made in the context of this call. A client with a queue of its own may make another call's there. */
  adopt(request: object, header: (name: string) => unknown, tellsEnd: boolean): void {
    if (this.#call === undefined) return;
    const { headers } = this.#call;
    for (const name in headers) {
      const value = headers[name];
      if (value !== null && header(name) !== value) return;
    }
    this.follow(request, tellsEnd);
  }

  /** A request of this very call was made. `tellsEnd` if a channel says when its response is complete. */
  follow(request: object, tellsEnd: boolean): void {
    (request as Followed)[WIRE_OF] = this;
    if (this.#sends > 0) this.#call?.resend();
    this.#sends += 1;
    this.responded = false;
    this.isComplete = false;
    this.#failure = undefined;
    this.#underWay = tellsEnd ? request : undefined;
  }

  /** Calls back with the response of a `node:http` request, before anybody else sees it. */
  whenAnswered(callback: (response: IncomingMessage) => void): void {
    this.#onAnswer = callback;
  }

  connect(socket: Socket, version?: string): void {
    this.#call?.connect(socket, version);
  }

  respond(statusCode: number, header: (name: string) => unknown): void {
    this.responded = true;
    this.#call?.respond(statusCode, header);
  }

  answer(response: IncomingMessage): void {
    this.connect(response.socket, response.httpVersion);
    this.respond(response.statusCode as number, (name) => response.headers[name]);
    this.#onAnswer?.(response);
  }

  close(request: object, failure?: unknown): void {
    if (this.#underWay !== request) return;
    this.#underWay = undefined;
    this.#failure = failure;
    this.isComplete = failure === undefined && this.responded;
    this.#onClose?.(failure);
  }

  /**
   * Lets go of a call that is over. The context lives on where anything was made in it: undici's responses outlive every
   * collection of the young generation, with their promises, and each of these has its context on Node 20.
   */
  release(): void {
    this.#call = undefined;
    this.#onClose = undefined;
    this.#onAnswer = undefined;
  }
}

/** The wire of the call that code in this context is part of. */
export function wireOf(active: Context): Wire | undefined {
  const wire = active.getValue(WIRE);
  return wire instanceof Wire ? wire : undefined;
}

// On the request itself: a WeakMap costs twenty times as much, and the garbage collector too.
const WIRE_OF = Symbol('throughline.wire');
type Followed = { [WIRE_OF]?: Wire };
let subscribed = false;

type UndiciRequest = { readonly headers: readonly string[] };
type UndiciEvent = {
  readonly request: UndiciRequest;
  readonly response: { readonly statusCode: number; readonly headers: readonly Buffer[] };
  readonly error?: unknown;
};
type UndiciSending = { readonly request: UndiciRequest; readonly socket: Socket };
type HttpEvent = { readonly request: ClientRequest; readonly response: IncomingMessage };

function subscribeOnce(): void {
  if (subscribed) return;
  subscribed = true;
  on<HttpEvent>('http.client.request.start', ({ request }) => {
    wireOf(context.active())?.adopt(request, (name) => request.getHeader(name), false);
    const wire = wireFor(request);
    if (wire !== undefined) whenConnected(request, (socket) => callSafely('connect', () => wire.connect(socket)));
  });
  on<HttpEvent>('http.client.response.finish', ({ request, response }) => wireFor(request)?.answer(response));
  on<UndiciEvent>('undici:request:create', ({ request }) =>
    wireOf(context.active())?.adopt(request, (name) => valueIn(request.headers, name), true),
  );
  on<UndiciSending>('undici:client:sendHeaders', ({ request, socket }) =>
    wireFor(request)?.connect(socket, negotiatedVersion(socket)),
  );
  on<UndiciEvent>('undici:request:headers', ({ request, response }) =>
    wireFor(request)?.respond(response.statusCode, (name) => valueIn(response.headers, name)),
  );
  on<UndiciEvent>('undici:request:trailers', ({ request }) => wireFor(request)?.close(request));
  on<UndiciEvent>('undici:request:error', ({ request, error }) => wireFor(request)?.close(request, error ?? 'aborted'));
}

function wireFor(request: object): Wire | undefined {
  return (request as Followed)[WIRE_OF];
}

function on<Event>(channel: string, listen: (event: Event) => void): void {
  subscribe(channel, (event) => {
    try {
      listen(event as Event);
    } catch (thrown) {
      reportHook(channel, thrown); // it would end the process
    }
  });
}

// undici lists names and values in turn.
function valueIn(headers: readonly (string | Buffer)[], name: string): string | string[] | undefined {
  let values: string | string[] | undefined;
  for (let n = 0; n + 1 < headers.length; n += 2) {
    const key = headers[n] as string | Buffer;
    if (key.length !== name.length || String(key).toLowerCase() !== name) continue;
    const value = String(headers[n + 1]);
    values = values === undefined ? value : [values, value].flat();
  }
  return values;
}
