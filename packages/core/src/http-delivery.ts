import { isErrored, isReadable, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { context } from '@opentelemetry/api';
import { callSafely } from './failure.ts';
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
export async function followCall<Response>(call: TracedCall, outgoing: Outgoing<Response>): Promise<Response> {
  const wire = new Wire(call);
  let response: Response;
  try {
    response = await context.with(wire.context, () => outgoing.send(call.headers));
  } catch (thrown) {
    // axios rejects with a response that is not to its liking.
    const delivery = callSafely('delivery', outgoing.delivery, thrown);
    if (delivery === undefined) call.fail(thrown, outgoing.signal);
    else callSafely('delivery', followBody, call, wire, delivery, thrown as object, outgoing.signal);
    throw thrown;
  }
  const delivery = callSafely('delivery', outgoing.delivery, response);
  if (delivery === undefined) call.end();
  else callSafely('delivery', followBody, call, wire, delivery, response as object, outgoing.signal);
  return response;
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
    call.end();
    return;
  }
  // Weak, so that a response which the application drops is freed as if it were not traced.
  const weakOwner = new WeakRef(owner);
  const weakBody = new WeakRef(body);
  const timer = setTimeout(() => {
    const kept = weakBody.deref();
    if (kept === undefined || !isDisturbed(kept)) call.endAtHeaders();
  }, UNREAD_AFTER_MS).unref();

  const close = (failure: unknown): void => {
    clearTimeout(timer);
    if (failure === undefined) call.end();
    else if (signal?.aborted === true || !isGivenUp(weakBody.deref())) call.fail(failure, signal);
    else if (weakOwner.deref() === undefined || failure === COLLECTED) call.endAtHeaders();
    else call.end();
  };
  if (body instanceof Readable) whenRead(body, signal, close);
  else wire.whenClosed(close);
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
