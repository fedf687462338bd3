import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { callSafely } from '../span/failure.ts';
import type { TracedCall } from './http-call.ts';
import { followBody } from './http-delivery.ts';
import { Wire } from './http-wire.ts';

type Outgoing = {
  readonly signal: AbortSignal | null | undefined;
  send(headers: TracedCall['headers']): ClientRequest;
};

/**
 * Makes a request of `node:http` and ends the span of its call: with the body of the response, with an error, or when
 * somebody destroys it. Adds no listener that would change what Node does: an `error` that nobody listens for is thrown,
 * and a response that nobody listens for is discarded.
 */
export function followRequest(call: TracedCall, outgoing: Outgoing): ClientRequest {
  let request: ClientRequest;
  try {
    request = outgoing.send(call.headers);
  } catch (thrown) {
    call.fail(thrown, outgoing.signal);
    throw thrown;
  }
  callSafely('request', follow, call, request, outgoing.signal);
  return request;
}

function follow(call: TracedCall, request: ClientRequest, signal: Outgoing['signal']): void {
  const wire = new Wire(call);
  let response: IncomingMessage | undefined;
  let timedOut = false;
  wire.follow(request, false);
  wire.whenAnswered((answer) => {
    response = answer;
    const { statusCode = 0, headers } = answer;
    followBody(call, wire, { statusCode, header: (name) => headers[name], body: answer }, answer, signal);
  });
  request.once('timeout', () => {
    timedOut = true;
  });
  request.once(errorMonitor, (thrown: Error) => {
    const hungUp = 'code' in thrown && thrown.code === 'ECONNRESET' && isDestroyedHere(request);
    call.fail(hungUp ? giveUp(timedOut) : thrown, signal);
  });
  request.once('close', () => {
    if (response === undefined) endWithoutBody(call, request);
    // The response is told of it later. Who destroys that instead has seen enough, which is no failure.
    else if (response.errored !== null && isDestroyedHere(request)) call.fail(giveUp(timedOut), signal);
  });
}

// A peer that hangs up ends or resets the connection; `destroy()` does neither.
function isDestroyedHere({ destroyed, socket }: ClientRequest): boolean {
  return destroyed && (socket === null || (!socket.readableEnded && socket.errored === null));
}

function giveUp(timedOut: boolean): DOMException {
  return timedOut
    ? new DOMException('The request was destroyed after a timeout.', 'TimeoutError')
    : new DOMException('The request was destroyed.', 'AbortError');
}

// After an upgrade, a CONNECT, or on a runtime without the channel.
function endWithoutBody(call: TracedCall, request: ClientRequest & { readonly res?: IncomingMessage | null }): void {
  const { res } = request;
  if (res?.statusCode !== undefined) call.respond(res.statusCode, (name) => res.headers[name]);
  call.end();
}
