import { performance } from 'node:perf_hooks';
import { isErrored, isReadable, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { context } from '../context/registered-api.ts';
import { callSafely, reportHook } from '../span/failure.ts';
import type { TracedCall } from './http-call.ts';
import { Wire } from './http-wire.ts';

/** The response that a client has delivered. */
export type Delivery = {
  readonly statusCode: number;
  header(name: string): unknown;
  /** The body, if it is still to be read. */
  readonly body: Readable | ReadableStream | null | undefined;
};

type Outgoing<Response> = {
  readonly signal: AbortSignal | null | undefined;
  send(headers: TracedCall['headers']): Promise<Response>;
  delivery(outcome: unknown): Delivery | undefined;
};

const UNREAD_AFTER_MS = 5000;
/** With what undici cancels a body when nothing refers to its Response any more; axios keeps a stream of its own around it. */
const COLLECTED = 'Response object has been garbage collected';

/** Sends a call, passes on what comes of it, and ends its span: with the body, or when nobody is going to read that. */
export function followCall<Response>(call: TracedCall, outgoing: Outgoing<Response>): Promise<Response> {
  const wire = new Wire(call);
  const fail = (thrown: unknown): never => {
    // axios rejects with a response that is not to its liking.
    if (!follow(call, wire, outgoing, thrown)) call.fail(thrown, outgoing.signal);
    throw thrown;
  };
  // One promise more than without us, where an async function makes three: each costs a context on Node 20.
  return sendIn(wire.context, call, outgoing).then((response) => {
    // Of a short response the wire has told all of it by now: each property that is read off one of undici's costs half a microsecond.
    if (wire.isComplete || !follow(call, wire, outgoing, response)) end(call, wire);
    return response;
  }, fail);
}

async function sendNothing(thrown: unknown): Promise<never> {
  throw thrown;
}

function sendIn<Response>(wireContext: Context, call: TracedCall, outgoing: Outgoing<Response>): Promise<Response> {
  try {
    return Promise.resolve(context.with(wireContext, outgoing.send, outgoing, call.headers));
  } catch (thrown) {
    return sendNothing(thrown);
  }
}

/** Follows the body of what a call came to; `false` if that is no response. */
function follow<Response>(call: TracedCall, wire: Wire, outgoing: Outgoing<Response>, outcome: unknown): boolean {
  const delivery = callSafely('delivery', outgoing.delivery, outcome);
  if (delivery === undefined) return false;
  try {
    followBody(call, wire, delivery, outcome as object, outgoing.signal);
  } catch (thrown) {
    reportHook('delivery', thrown);
  }
  return true;
}

/**
 * Ends the span of a call with the body of its response, or when nobody is going to read that. `owner` is what the
 * application holds as long as it may still read the body.
 */
export function followBody(
  call: TracedCall,
  wire: Wire,
  { statusCode, header, body }: Delivery,
  owner: object,
  signal: AbortSignal | null | undefined,
): void {
  if (!wire.responded) call.respond(statusCode, header);
  if (body === null || body === undefined) {
    end(call, wire);
    return;
  }
  const isStream = body instanceof Readable;
  // A short body comes with its headers.
  if (!isStream && wire.isClosed) {
    endWithBody(call, wire.failure, signal, owner, body);
    wire.release();
    return;
  }
  // Weak, so that a response which the application drops is freed as if it were not traced.
  const weakOwner = new WeakRef(owner);
  const weakBody = new WeakRef(body);
  const waiting = afterUnreadTime(() => {
    const kept = weakBody.deref();
    if (kept === undefined || !isDisturbed(kept)) call.endAtHeaders();
  });

  const close = (failure: unknown): void => {
    waitings.delete(waiting);
    endWithBody(call, failure, signal, weakOwner.deref(), weakBody.deref());
    wire.release();
  };
  if (isStream) whenRead(body, signal, close);
  else wire.whenClosed(close);
}

function end(call: TracedCall, wire: Wire): void {
  call.end();
  wire.release();
}

function endWithBody(
  call: TracedCall,
  failure: unknown,
  signal: AbortSignal | null | undefined,
  owner: object | undefined,
  body: Readable | ReadableStream | undefined,
): void {
  if (failure === undefined) call.end();
  else if (signal?.aborted === true || !isGivenUp(body)) call.fail(failure, signal);
  else if (owner === undefined || failure === COLLECTED) call.endAtHeaders();
  else call.end();
}

type Waiting = { readonly until: number; readonly run: () => void };

// In the order of their time. One timer for all of them: one each costs more than the rest of a call's end.
const waitings = new Set<Waiting>();
let timer: NodeJS.Timeout | undefined;

function afterUnreadTime(run: () => void): Waiting {
  const waiting = { until: performance.now() + UNREAD_AFTER_MS, run };
  waitings.add(waiting);
  if (timer === undefined) wakeAfter(UNREAD_AFTER_MS);
  return waiting;
}

// A timer remembers the context it was made in, and would keep that of a request.
function wakeAfter(milliseconds: number): void {
  timer = context.with(ROOT_CONTEXT, () => setTimeout(wake, milliseconds).unref());
}

function wake(): void {
  timer = undefined;
  const now = performance.now();
  for (const waiting of waitings) {
    if (waiting.until > now) {
      wakeAfter(Math.ceil(waiting.until - now));
      return;
    }
    waitings.delete(waiting);
    callSafely('unread', waiting.run);
  }
}

function isDisturbed(body: Readable | ReadableStream): boolean {
  return Readable.isDisturbed(body as Readable);
}

// Whoever cancels a web stream closes it; only a failure of the connection makes it an errored one.
function isGivenUp(body: Readable | ReadableStream | undefined): boolean {
  if (body === undefined) return true;
  if (body instanceof Readable) return false;
  return !isReadable(body as unknown as Readable) && !isErrored(body as unknown as Readable);
}

// A listener for `error` would hide an error that nobody else listens for.
function whenRead(body: Readable, signal: AbortSignal | null | undefined, callback: (failure: unknown) => void): void {
  const close = (): void => {
    const aborted = signal?.aborted === true && !body.readableEnded ? signal.reason : undefined;
    callback(body.errored ?? aborted);
  };
  if (body.destroyed || body.readableEnded) close();
  else body.once('end', close).once('close', close);
}
