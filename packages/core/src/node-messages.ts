import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { context } from '@opentelemetry/api';
import { answerCaller } from './caller-signal.ts';
import { callSafely } from './failure.ts';
import type { Exchange, Outcome } from './http-server.ts';
import { keepSignals } from './keep-signals.ts';

// A registered symbol, so that two copies of this package see one exchange.
const EXCHANGE = Symbol.for('throughline.exchange');

// The methods that `attachExchange` stands in front of; they need not be the prototype's, other middleware does the same.
const EMIT = Symbol('emit');
const WRITE_HEAD = Symbol('writeHead');
const REQUEST = Symbol('request');
const RESPONSE = Symbol('response');
const SENT = Symbol('status sent');
const COMPLETE = Symbol('complete');
/** Stands for a status that was written when the connection was gone. */
const LOST = 'lost';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Traced = { [EXCHANGE]?: Exchange; [EMIT]?: Method; [WRITE_HEAD]?: Method };
type TracedRequest = IncomingMessage & { [RESPONSE]?: ServerResponse };
type TracedResponse = ServerResponse & {
  [REQUEST]?: IncomingMessage;
  [SENT]?: number | typeof LOST;
  [COMPLETE]?: boolean;
  /** There in HTTP/2 only. */
  readonly stream?: Http2Stream;
};

/** The exchange of a raw request or response, if it is traced. */
export function exchangeOf(message: object): Exchange | undefined {
  return (message as Traced)[EXCHANGE];
}

/** The request of a traced response; those of HTTP/2 forget theirs when they close. */
export function requestOf(response: ServerResponse): IncomingMessage {
  return (response as TracedResponse)[REQUEST] as IncomingMessage;
}

/** The response to a traced request. */
export function responseOf(request: IncomingMessage): ServerResponse {
  return (request as TracedRequest)[RESPONSE] as ServerResponse;
}

/**
 * Ties an exchange to Node's objects: their events run in its context, wherever Node emits them from (the parser reads
 * a body, and a socket closes, outside of any handler), the response says its correlation ID, and tells when its headers
 * leave. The functions are shared by all requests and find the exchange on `this`.
 */
export function attachExchange(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  (request as Traced)[EXCHANGE] = exchange;
  (response as Traced)[EXCHANGE] = exchange;
  (request as TracedRequest)[RESPONSE] = response;
  (response as TracedResponse)[REQUEST] = request;
  exchange.response = response;
  (request as Traced)[EMIT] = request.emit as Method;
  (response as Traced)[EMIT] = response.emit as Method;
  (response as Traced)[WRITE_HEAD] = response.writeHead as Method;
  request.emit = emitInContext;
  response.emit = emitInContext;
  response.writeHead = writeHeadNoticed as ServerResponse['writeHead'];
  if (!response.headersSent) response.setHeader(exchange.correlation.header, exchange.correlation.id);
}

function emitInContext(this: IncomingMessage | ServerResponse, ...args: unknown[]): boolean {
  const traced = this as Traced;
  // Requests that a framework injects for a test have no socket: this event is all they tell.
  if (args[0] === 'finish') (this as TracedResponse)[COMPLETE] = true;
  return context.with((traced[EXCHANGE] as Exchange).context, traced[EMIT] as Method, this, ...args) as boolean;
}

function writeHeadNoticed(this: TracedResponse, ...args: unknown[]): ServerResponse {
  const traced = this as Traced;
  (traced[EXCHANGE] as Exchange).headersSent();
  if (keepSignals() !== undefined) callSafely('keep signals', answerCaller, traced[EXCHANGE] as Exchange, this, args);
  const written = (traced[WRITE_HEAD] as Method).apply(this, args) as ServerResponse;
  // Frameworks answer with an error when the client is gone, and set a status when another one is on its way already.
  this[SENT] ??= (this.stream ?? this.socket)?.destroyed === true ? LOST : this.statusCode;
  (traced[EXCHANGE] as Exchange).answersWith(this.getHeader('content-type'));
  return written;
}

/** How the exchange ended, as Node's objects tell it when the response closes. */
export function outcomeOf(request: IncomingMessage, response: TracedResponse): Outcome {
  const contentType = response.headersSent ? response.getHeader('content-type') : undefined;
  return {
    statusCode: statusSent(response),
    abortedBy: response.stream === undefined ? abortedBy(request, response) : streamAbortedBy(response.stream),
    contentType: typeof contentType === 'string' ? contentType : undefined,
  };
}

function statusSent(response: TracedResponse): number | undefined {
  if (response[SENT] === LOST || isQueued(response)) return undefined;
  // What was answered before the exchange began was not noticed.
  return response[SENT] ?? (response.headersSent && isComplete(response) ? response.statusCode : undefined);
}

/** Whether a response waits for its turn on a pipelined connection: it has no socket, and nothing of it has left. */
export function isQueued(response: TracedResponse): boolean {
  return response.socket === null && !isComplete(response);
}

function isComplete(response: TracedResponse): boolean {
  return response.writableFinished || response[COMPLETE] === true;
}

const CLIENT_RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

// A client that leaves ends or resets its side of the socket; a server that destroys it does neither.
function abortedBy({ socket }: IncomingMessage, response: TracedResponse): Outcome['abortedBy'] {
  if (isComplete(response) && response[SENT] !== LOST) return undefined;
  const { readableEnded = true, errored } = (socket ?? {}) as Partial<Socket> & { errored?: { code?: string } | null };
  const byClient = readableEnded || (errored?.code !== undefined && CLIENT_RESETS.has(errored.code));
  return byClient ? 'client' : 'server';
}

// In HTTP/2 a reset by the client finishes our side of the stream; one by the server leaves it unfinished or errored.
function streamAbortedBy({ aborted, errored, writableFinished }: Http2Stream): Outcome['abortedBy'] {
  if (!aborted) return undefined;
  return writableFinished && errored === null ? 'client' : 'server';
}
