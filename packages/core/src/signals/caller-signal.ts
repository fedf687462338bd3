import type { ServerResponse } from 'node:http';
import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import { KEPT_HEADER, keepSignals, keptEntry, PEER_HEADER } from '../keep-signals.ts';
import { type HeadHeaders, headersAt, headersIn, isNamed, valuesIn } from './head-arguments.ts';

/** As much of an exchange as it takes to tell its caller that the trace is kept. */
type Called = { readonly span: { spanContext(): SpanContext }; caller: string | undefined };

/**
 * Where the caller of an exchange can be told that its trace is kept, `''` if only by the response; `undefined` if nobody is
 * to be told: strangers, callers of another trace, and those that have sampled it and keep their part anyway.
 */
export function callerOf(
  proof: string | string[] | undefined,
  parent: SpanContext | undefined,
  exchange: Called,
): string | undefined {
  const signals = keepSignals();
  if (signals === undefined || typeof proof !== 'string' || parent === undefined) return undefined;
  if ((parent.traceFlags & TraceFlags.SAMPLED) !== 0) return undefined;
  return exchange.span.spanContext().traceId === parent.traceId ? signals.verify(proof) : undefined;
}

/**
 * Tells the caller in the response headers that the trace is kept; if that is not known yet, where it can tell us. `args`
 * are those of `writeHead` and may change; what the application has put into `Server-Timing` stays. To others, nothing of a
 * proof is sent, not even one that the application passes on from elsewhere.
 */
export function answerCaller(exchange: Called, response: ServerResponse, args: unknown[]): void {
  const signals = keepSignals();
  if (signals === undefined || response.headersSent) return;
  const { caller } = exchange;
  if (caller === undefined) {
    changeHeader(response, args, PEER_HEADER, undefined);
    return;
  }
  const spanContext = exchange.span.spanContext();
  const kept = signals.isKept(spanContext.traceId);
  changeHeader(response, args, PEER_HEADER, signals.reachable && !kept ? signals.proof() : undefined);
  if (kept) {
    changeHeader(response, args, KEPT_HEADER, keptEntry(spanContext), true);
    exchange.caller = undefined;
  } else if (caller !== '') {
    signals.involve(spanContext.traceId, caller);
  }
}

/** Makes sure, before the span ends, that a caller is told to whom no response headers said that the trace is kept. */
export function remindOfCaller({ caller, span }: Called): void {
  if (caller !== undefined && caller !== '') keepSignals()?.involve(span.spanContext().traceId, caller);
}

// What is among the arguments of `writeHead` replaces what was set before.
function changeHeader(
  response: ServerResponse,
  args: unknown[],
  name: string,
  value: string | undefined,
  append = false,
): void {
  const given = headersIn(args);
  const before = given === undefined ? [] : valuesIn(given, name);
  if (given !== undefined && before.length > 0) {
    args[headersAt(args)] = replaced(given, name, value, append ? before : []);
    return;
  }
  const set = response.getHeader(name);
  if (value !== undefined) response.setHeader(name, append && set !== undefined ? joined([set, value]) : value);
  else if (set !== undefined) response.removeHeader(name);
}

function replaced(
  headers: HeadHeaders,
  name: string,
  value: string | undefined,
  before: readonly unknown[],
): HeadHeaders {
  const added = value === undefined ? [] : [name, joined([...before, value])];
  if (Array.isArray(headers)) {
    return [...headers.filter((_value, n) => !isNamed(headers[n - (n % 2)], name)), ...added];
  }
  const others = Object.entries(headers).filter(([key]) => !isNamed(key, name));
  return Object.fromEntries(added.length === 0 ? others : [...others, added]) as Record<string, unknown>;
}

function joined(values: readonly unknown[]): string {
  return values.flat().join(', ');
}
