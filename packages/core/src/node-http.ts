import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { context, type TextMapGetter, trace } from '@opentelemetry/api';
import { type Correlation, correlationReader } from './correlation.ts';
import { callSafely } from './failure.ts';
import { headerRecorder, type InboundRequest, inboundAttributes } from './http-attributes.ts';
import {
  adoptExchange,
  type Exchange,
  localServerSpan,
  type Outcome,
  startExchange,
  startIgnoredExchange,
} from './http-server.ts';
import { checkOptions, serverOptionChecks, type TracingOptions } from './options.ts';
import { randomSpanContext } from './random-ids.ts';
import { queryRedactor } from './redaction.ts';
import { extractTrusted } from './trust.ts';
import { VERSION } from './version.ts';

/** What a framework knows of a request that Node's own objects do not tell. `Source` is the framework's request. */
export type Framework<Source> = {
  /** The adapter's package, without its scope: it names the instrumentation scope and begins error messages. */
  readonly name: string;
  /** The matched route template, where the framework knows it before the handlers run. */
  readonly route?: (source: Source) => string | undefined;
  /** What the framework makes of forwarding headers, by its own setting of trusted proxies. */
  readonly forwarded?: (source: Source) => Forwarded;
  /** Last chance to correct the exchange's route, when the response is complete. */
  readonly settle?: (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => void;
};

/** The client, scheme and host of a request that came through proxies the application trusts. */
export type Forwarded = { clientAddress?: string | undefined; scheme?: string | undefined; host?: string | undefined };

/** Traces the exchanges of one application. */
export type ServerTracing<Source> = {
  /**
   * Runs `next` in the exchange of this request, which is started if it is the first time that the request is seen, and
   * finished when the response closes.
   */
  run(request: IncomingMessage, response: ServerResponse, source: Source, next: () => void): void;
};

// Registered symbols, so that two copies of this package see one exchange.
const EXCHANGE = Symbol.for('throughline.exchange');
const FORWARDING_HEADERS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded'] as const;

// The methods that `attach` stands in front of; they need not be the prototype's, other middleware does the same.
const EMIT = Symbol('emit');
const WRITE_HEAD = Symbol('writeHead');

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Traced = { [EXCHANGE]?: Exchange; [EMIT]?: Method; [WRITE_HEAD]?: Method };

/** The exchange of a raw request or response, if it is traced. */
export function exchangeOf(message: object): Exchange | undefined {
  return (message as Traced)[EXCHANGE];
}

/** Prepares the tracing of an application's exchanges. Throws a `TypeError` for a wrong option. */
export function createServerTracing<Source>(
  framework: Framework<Source>,
  options: TracingOptions = {},
): ServerTracing<Source> {
  checkOptions(framework.name, options, serverOptionChecks);
  const { tracerProvider = trace, ignore, trust, onStart, onEnd, correlation = {} } = options;
  const { isError = isServerError } = options;
  const tracer = tracerProvider.getTracer(`@throughline/${framework.name}`, VERSION);
  const redactQuery = queryRedactor(options.redactQuery);
  const recordRequestHeaders = headerRecorder('request', options.requestHeaders);
  const recordResponseHeaders = headerRecorder('response', options.responseHeaders);
  const readCorrelation = correlationReader(correlation);
  const countsAsError = (statusCode: number): boolean =>
    callSafely('isError', isError, statusCode) ?? isServerError(statusCode);

  function start(request: IncomingMessage, source: Source): Exchange {
    const { headers, method = 'GET' } = request;
    const correlate = (traceId: string): Correlation => readCorrelation((name) => headers[name], traceId);
    const target = requestTarget(request);
    const local = localServerSpan(target);
    if (local !== undefined) {
      const adopted = adoptExchange(local, method, correlate);
      adopted.setRoute(framework.route?.(source));
      return adopted;
    }
    const inbound = extractTrusted(headers, headerGetter, trust, request);
    if (ignore !== undefined && callSafely('ignore', ignore, request) === true) {
      return startIgnoredExchange(method, inbound, randomSpanContext, correlate);
    }
    const attributes = inboundAttributes(describeRequest(request, target, framework.forwarded, source), redactQuery);
    recordRequestHeaders(attributes, (name) => headers[name]);
    return startExchange(tracer, method, framework.route?.(source), attributes, inbound, correlate);
  }

  function finish(this: ServerResponse): void {
    const exchange = exchangeOf(this) as Exchange;
    const request = this.req;
    framework.settle?.(request, this, exchange);
    exchange.finish(outcomeOf(this, request.socket), countsAsError, (attributes) => {
      if (this.headersSent) recordResponseHeaders(attributes, (name) => this.getHeader(name));
      if (onEnd !== undefined) callSafely('onEnd', onEnd, exchange.span, request, this);
    });
  }

  return {
    run(request, response, source, next) {
      if (exchangeOf(request) !== undefined) return next();
      const exchange = start(request, source);
      attach(exchange, request, response);
      response.on('close', finish);
      if (onStart !== undefined && exchange.span.isRecording()) callSafely('onStart', onStart, exchange.span, request);
      context.with(exchange.context, next);
    },
  };
}

const headerGetter: TextMapGetter<IncomingMessage['headers']> = {
  keys: Object.keys,
  get: (headers, name) => headers[name],
};

function isServerError(statusCode: number): boolean {
  return statusCode >= 500;
}

/**
 * Ties an exchange to Node's objects: their events run in its context, wherever Node emits them from (the parser reads
 * a body, and a socket closes, outside of any handler), the response says its correlation ID, and tells when its headers leave. The
 * functions are shared by all requests and find the exchange on `this`.
 */
function attach(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  (request as Traced)[EXCHANGE] = exchange;
  (response as Traced)[EXCHANGE] = exchange;
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
  return context.with((traced[EXCHANGE] as Exchange).context, traced[EMIT] as Method, this, ...args) as boolean;
}

function writeHeadNoticed(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const traced = this as Traced;
  (traced[EXCHANGE] as Exchange).headersSent();
  return (traced[WRITE_HEAD] as Method).apply(this, args) as ServerResponse;
}
function describeRequest<Source>(
  request: IncomingMessage,
  target: string,
  readForwarded: ((source: Source) => Forwarded) | undefined,
  source: Source,
): InboundRequest {
  const { headers, socket } = request;
  const isForwarded = readForwarded !== undefined && FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
  const forwarded = isForwarded ? callSafely('forwarded', readForwarded, source) : undefined;
  return {
    method: request.method ?? 'GET',
    target,
    scheme: forwarded?.scheme ?? ((socket as TLSSocket | undefined)?.encrypted === true ? 'https' : 'http'),
    host: forwarded?.host ?? headers.host ?? (headers[':authority'] as string | undefined),
    protocolVersion: request.httpVersionMajor >= 2 ? String(request.httpVersionMajor) : request.httpVersion,
    peerAddress: socket?.remoteAddress,
    peerPort: socket?.remotePort,
    clientAddress: forwarded?.clientAddress,
    userAgent: headers['user-agent'],
  };
}

// Express and Connect rewrite `url` while they route; they keep the original.
function requestTarget(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '/';
}

const CLIENT_RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

function outcomeOf(response: ServerResponse, socket: Socket | undefined): Outcome {
  const contentType = response.headersSent ? response.getHeader('content-type') : undefined;
  return {
    statusCode: response.headersSent ? response.statusCode : undefined,
    abortedBy: response.writableFinished ? undefined : leftByClient(socket) ? 'client' : 'server',
    contentType: typeof contentType === 'string' ? contentType : undefined,
  };
}

// A client that leaves ends or resets its side of the socket; a server that destroys it does neither.
function leftByClient(socket: Socket | undefined): boolean {
  if (socket === undefined) return true;
  const { errored } = socket as { errored?: (Error & { code?: string }) | null };
  return socket.readableEnded || (errored?.code !== undefined && CLIENT_RESETS.has(errored.code));
}
