import { EventEmitter } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { context } from '../context/registered-api.ts';
import { getRequestScope } from '../correlation.ts';
import type { Exchange } from '../http-server.ts';
import { keepSignals } from '../keep-signals.ts';
import { answerCaller } from '../signals/caller-signal.ts';
import { type HeadHeaders, headersAt, headersIn, valueIn } from '../signals/head-arguments.ts';
import { callSafely } from '../span/failure.ts';

/** Stands for a status that was written when the connection was gone. */
export const LOST = 'lost';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const NODES_WRITE_HEAD: unknown = ServerResponse.prototype.writeHead;

/** A request and its response, with what there is to know of them besides. It hangs on both by one property. */
export class Messages {
  readonly exchange: Exchange;
  /** Kept here too, since the responses of HTTP/2 forget theirs when they close. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** There in HTTP/2 only. */
  readonly stream: ServerHttp2Stream | undefined;
  /** The connection of the stream, which forgets it when it closes. */
  readonly session: Http2Session | undefined;
  /** What the router of a framework is to remember. */
  routing: object | undefined;
  // The methods that ours stand in front of; they need not be the prototype's, other middleware does the same.
  readonly emitOfRequest: Method;
  readonly emitOfResponse: Method;
  readonly writeHead: Method;
  statusSent: number | typeof LOST | undefined;
  contentType: unknown;
  /** What `writeHead` was given: Node does not remember it where no header was set before. */
  headersWritten: HeadHeaders | undefined;
  /** Whether nobody has said the correlation ID in a way that no answer goes without. */
  echoLate = false;
  /** Whether Node has said that all of it was sent; `undefined` where it may have said so earlier. */
  complete: boolean | undefined;
  /**
   * Whether the context of the exchange is to become the one in which somebody begins to read the body, if that is a later one
   * of the same span: the parser emits the rest of the events outside of any.
   */
  followsReader = false;
  whenClosed: ((messages: Messages) => void) | undefined;
  // How many listeners of these events are known to need no context: Node's own.
  readonly ownFinish: number;
  ownEnd = 0;

  constructor(exchange: Exchange, request: IncomingMessage, response: ServerResponse) {
    this.exchange = exchange;
    this.request = request;
    this.response = response;
    this.stream = (response as { stream?: ServerHttp2Stream }).stream;
    this.session = this.stream?.session;
    this.emitOfRequest = request.emit as Method;
    this.emitOfResponse = response.emit as Method;
    this.writeHead = response.writeHead as Method;
    // What is ended after it was destroyed is said to be finished too, but nobody gets it, and there is no event.
    this.complete = response.writableEnded ? undefined : false;
    this.ownFinish = this.stream === undefined && response.listenerCount('finish') === 1 ? 1 : 0;
  }
}

// A registered symbol, so that two copies of this package see one exchange. The functions that stand in front read it
// themselves: where one function reads it off requests and responses alike, it costs a hundred instructions each time.
const MESSAGES = Symbol.for('throughline.messages');

type Traced = { [MESSAGES]?: Messages };

/** The exchange of a raw request or response, if it is traced. */
export function exchangeOf(message: object): Exchange | undefined {
  return (message as Traced)[MESSAGES]?.exchange;
}

/**
 * Ties an exchange to Node's objects: their events run in its context, wherever Node emits them from (the parser reads
 * a body, and a socket closes, outside of any handler), the response says its correlation ID, and tells when its headers
 * leave. The functions are shared by all requests and find the exchange on `this`.
 */
export function attachExchange(
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
  echo: boolean,
): Messages {
  const messages = new Messages(exchange, request, response);
  (request as Traced)[MESSAGES] = messages;
  request.emit = emitOfRequest;
  (response as Traced)[MESSAGES] = messages;
  response.emit = emitOfResponse;
  response.writeHead = writeHeadNoticed as ServerResponse['writeHead'];
  exchange.response = response;
  if (response.headersSent) return messages;
  if (echo) response.setHeader(exchange.correlation.header, exchange.correlation.id);
  else messages.echoLate = true;
  return messages;
}

/**
 * Calls a function when the response of an exchange closes, outside of any context and before all who listen: whoever else has
 * made the span ends it then too.
 */
export function whenClosed(messages: Messages, callback: (messages: Messages) => void): void {
  messages.whenClosed = callback;
  // Node.js says of a response to HEAD over HTTP/2 that it has closed only if it was ended by then.
  if (messages.stream !== undefined && messages.request.method === 'HEAD')
    messages.stream.once('close', () => tellClosed(messages));
}

function tellClosed(messages: Messages): void {
  const { whenClosed } = messages;
  messages.whenClosed = undefined;
  whenClosed?.(messages);
}

/** A header that a response was sent with, be it set before or given to `writeHead`. `name` is in lower case. */
export function sentHeader({ response, headersWritten }: Messages, name: string): unknown {
  return setOrGiven(response, headersWritten, name);
}

function setOrGiven(response: ServerResponse, given: HeadHeaders | undefined, name: string): unknown {
  const set = response.getHeader(name);
  if (set !== undefined) return set;
  return given === undefined ? undefined : valueIn(given, name);
}

/** What there is to know of a request and its response besides, if it is traced. */
export function messagesOf(message: object): Messages | undefined {
  return (message as Traced)[MESSAGES];
}

/** The same of one that is. */
export function knownMessages(message: object): Messages {
  return (message as Traced)[MESSAGES] as Messages;
}

function emitOfRequest(this: IncomingMessage, event: string, ...rest: unknown[]): boolean {
  const messages = (this as Traced)[MESSAGES] as Messages;
  const { exchange, emitOfRequest: emit } = messages;
  // Node emits it where the reader was, ahead of the first data. It reads what nobody wanted when the response is complete.
  if (event === 'resume' && messages.followsReader && messages.complete !== true) moveOn(messages);
  if (emit === EventEmitter.prototype.emit && isUnheard(this, event)) return false;
  if (event === 'end' && messages.ownEnd === this.listenerCount('end')) {
    return emit.call(this, event, ...rest) as boolean;
  }
  return context.with(exchange.context, emitOn, undefined, emit, this, event, ...rest);
}

function emitOfResponse(this: ServerResponse, event: string, ...rest: unknown[]): boolean {
  const messages = (this as Traced)[MESSAGES] as Messages;
  const { exchange, emitOfResponse: emit } = messages;
  if (event === 'finish') {
    // Requests that a framework injects for a test have no socket: this event is all they tell.
    messages.complete = true;
    if (messages.ownFinish === this.listenerCount('finish'))
      return context.with(ROOT_CONTEXT, emitOwnFinish, undefined, messages, rest);
  } else if (event === 'close') {
    tellClosed(messages);
  }
  if (emit === EventEmitter.prototype.emit && isUnheard(this, event)) return false;
  return context.with(exchange.context, emitOn, undefined, emit, this, event, ...rest);
}

// Only Node listens. It reads what nobody has read of the request, and listens for the end of that. The timer of an idle
// connection begins here too: outside of any context it keeps nothing of the request.
function emitOwnFinish(messages: Messages, rest: readonly unknown[]): boolean {
  const { request, response, emitOfResponse: emit } = messages;
  const isUnread = emit === EventEmitter.prototype.emit && request.listenerCount('end') === 0;
  const isHeard = emit.call(response, 'finish', ...rest) as boolean;
  if (isUnread) messages.ownEnd = request.listenerCount('end');
  return isHeard;
}

function moveOn(messages: Messages): void {
  const { exchange } = messages;
  messages.followsReader = false;
  const active = context.active();
  if (getRequestScope(active) !== exchange || trace.getSpan(active) !== exchange.span) return;
  exchange.context = active;
}

function emitOn(emit: Method, emitter: EventEmitter, event: string, ...rest: unknown[]): boolean {
  return emit.call(emitter, event, ...rest) as boolean;
}

// Most of Node's events have no listener. An error that nobody listens for is thrown, after errorMonitor's listeners were
// called.
function isUnheard(emitter: EventEmitter, event: string): boolean {
  return event !== 'error' && emitter.listenerCount(event) === 0;
}

function writeHeadNoticed(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const messages = (this as Traced)[MESSAGES] as Messages;
  const { exchange } = messages;
  const { isObserved } = exchange;
  if (isObserved) exchange.headersSent();
  // Of an object, a header is read by its name; what we add may make a list of it.
  const given = isObserved ? headersIn(args) : undefined;
  if (keepSignals() !== undefined) callSafely('keep signals', answerCaller, exchange, this, args);
  if (messages.echoLate && !this.headersSent) echo(messages, args);
  const written = messages.writeHead.apply(this, args) as ServerResponse;
  // Frameworks answer with an error when the client is gone, and set a status when another one is on its way already.
  messages.statusSent ??= (messages.stream ?? this.socket)?.destroyed === true ? LOST : this.statusCode;
  if (isObserved) {
    messages.headersWritten = headersIn(args);
    messages.contentType = setOrGiven(this, given, 'content-type');
    exchange.answersWith(messages.contentType);
  }
  return written;
}

// Says the correlation ID where nobody has. As long as no header is set, Node.js sends what `writeHead` is given as it is; from the
// first one on it copies and checks each of those too.
function echo({ exchange, response, writeHead }: Messages, args: unknown[]): void {
  const { header, id } = exchange.correlation;
  const given = headersIn(args);
  if (given !== undefined && valueIn(given, header) !== undefined) return;
  if (response.hasHeader(header)) return;
  const isNodesOwn = writeHead === NODES_WRITE_HEAD && response.getHeaderNames().length === 0;
  if (isNodesOwn && given !== undefined && !Array.isArray(given)) args[headersAt(args)] = listOf(given, header, id);
  else response.setHeader(header, id);
}

// A list: an object made of another one takes several times as long.
function listOf(headers: Record<string, unknown>, header: string, value: string): unknown[] {
  const list: unknown[] = [];
  for (const name of Object.keys(headers)) list.push(name, headers[name]);
  list.push(header, value);
  return list;
}
