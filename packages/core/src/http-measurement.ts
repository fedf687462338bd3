import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Span } from '@opentelemetry/api';
import type { CallOrigin } from './client/call-url.ts';
import { knownMethod } from './http/http-attributes.ts';
import type { Exchange, Outcome } from './http-server.ts';
import { knownMessages, sentHeader } from './server/node-messages.ts';
import { isUpgraded } from './server/node-outcome.ts';

/** What is known of an exchange when it begins. */
export type StartedExchange = {
  /** `_OTHER` if it is not a known one. */
  readonly method: string;
  readonly scheme: string;
  readonly protocolVersion: string;
  /** In bytes, as transferred; `undefined` where only reading it would tell. */
  readonly requestBodySize: number | undefined;
};

/** What those see who count and time: an exchange that has ended, whether or not anybody traces it. */
export type FinishedExchange = StartedExchange & {
  /** The template of the route that answered; `undefined` if none matched. */
  readonly route: string | undefined;
  /** The status that was sent; `undefined` if no headers were. */
  readonly statusCode: number | undefined;
  /** What went wrong, as on the span; `undefined` if nothing did. */
  readonly errorType: string | undefined;
  readonly durationMs: number;
  /** In bytes, as transferred; `undefined` where it was not said beforehand, or was not sent in full. */
  readonly responseBodySize: number | undefined;
  /**
   * Why the duration is no latency: the exchange was a stream of events, the connection was upgraded, or the body went on
   * for more than 10 seconds after its headers.
   */
  readonly longLived: 'sse' | 'upgrade' | 'body' | undefined;
  /** It has ended, unless it is adopted; whether it is sampled is decided as far as it can be by now. */
  readonly span: Span;
  /** Whether the span was recorded; ids that only pass through have one too that is not. */
  readonly isRecorded: boolean;
  readonly context: Context;
};

/** A call that has ended, whether or not it is sampled. */
export type FinishedCall = {
  /** `_OTHER` if it is not a known one. */
  readonly method: string;
  readonly origin: CallOrigin;
  readonly protocolVersion: string | undefined;
  /** The status that came last; `undefined` if none did. */
  readonly statusCode: number | undefined;
  /** What went wrong, as on the span, or `cancelled` where the caller gave the call up. */
  readonly errorType: string | undefined;
  /** Until the body was complete; until the headers where nobody has waited for it. */
  readonly durationMs: number;
  /** In bytes, as transferred; `undefined` where it was not said beforehand, or was not read in full. */
  readonly responseBodySize: number | undefined;
  /** It has ended. */
  readonly span: Span;
  /** Whether the span was recorded. */
  readonly isRecorded: boolean;
  readonly context: Context;
};

/**
 * Where every exchange and call is published, for those who count and time. Without a subscriber nothing is made. All copies
 * of this package in a process publish to the same channels. A subscriber must not throw.
 */
export const exchangeStarts = channel('throughline:http.server.request.start');
/** Publishes one `FinishedExchange` for each `StartedExchange`. */
export const exchangeEnds = channel('throughline:http.server.request.end');
/** Publishes `FinishedCall`s. */
export const callEnds = channel('throughline:http.client.request.end');

const LONG_BODY_MS = 10_000;

/** Whether anybody wants to know of exchanges. */
export function isMeasured(): boolean {
  return exchangeEnds.hasSubscribers || exchangeStarts.hasSubscribers;
}

/** Publishes that an exchange has begun, and remembers what was said. */
export function publishStart(exchange: Exchange, request: IncomingMessage, scheme: string): void {
  const { method = 'GET', headers, httpVersionMajor, httpVersion } = request;
  const started: StartedExchange = {
    method: knownMethod(method),
    scheme,
    protocolVersion: httpVersionMajor >= 2 ? String(httpVersionMajor) : httpVersion,
    // RFC 9112, 6.3: a request that says neither has no body.
    requestBodySize:
      headers['transfer-encoding'] === undefined ? (readSize(headers['content-length']) ?? 0) : undefined,
  };
  exchange.measured = started;
  exchangeStarts.publish(started);
}

/** Publishes that an exchange has ended of which it was published that it began. */
export function publishEnd(
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
  outcome: Outcome,
): void {
  const { measured, errorType, durationMs } = exchange;
  if (measured === undefined) return;
  exchange.measured = undefined;
  const finished: FinishedExchange = {
    method: measured.method,
    scheme: measured.scheme,
    protocolVersion: measured.protocolVersion,
    requestBodySize: measured.requestBodySize,
    route: exchange.route,
    statusCode: outcome.statusCode,
    errorType,
    durationMs,
    responseBodySize: outcome.abortedBy === undefined ? sizeOf(response, measured.method) : undefined,
    longLived: longLived(exchange, isUpgraded(request, response)),
    span: exchange.span,
    isRecorded: exchange.isRecorded,
    context: exchange.context,
  };
  exchangeEnds.publish(finished);
}

/** The number that a `content-length` header states. */
export function readSize(contentLength: unknown): number | undefined {
  const size = typeof contentLength === 'string' ? Number.parseInt(contentLength, 10) : contentLength;
  return typeof size === 'number' && size >= 0 && size <= Number.MAX_SAFE_INTEGER ? size : undefined;
}

// RFC 9112, 6.3: whatever these say of a length, they have no body.
function sizeOf(response: ServerResponse, method: string): number | undefined {
  const { statusCode } = response;
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304) return 0;
  return readSize(sentHeader(knownMessages(response), 'content-length'));
}

function longLived(
  { isEventStream, firstByteMs, durationMs }: Exchange,
  upgraded: boolean,
): FinishedExchange['longLived'] {
  if (isEventStream) return 'sse';
  if (upgraded) return 'upgrade';
  return firstByteMs !== undefined && durationMs - firstByteMs > LONG_BODY_MS ? 'body' : undefined;
}
