import { type Context, context, propagation, ROOT_CONTEXT, type TextMapGetter, trace } from '@opentelemetry/api';
import type { Propagate } from './client/http-call.ts';
import { isSuppressed, unsampledContext } from './context/suppression.ts';
import { correlationFinder, getCorrelation, setRequestScope } from './correlation.ts';
import { PEER_HEADER } from './keep-signals.ts';
import { joinSender, senderProof } from './messaging/message-sender.ts';
import { callSafely } from './span/failure.ts';

/** What is to travel beside a message: texts by name, in ASCII. */
export type CarrierFields = Record<string, string>;

/** The text that a sender put beside a message under a name; `undefined` if none, or if it is no text of a sane length. */
export type FieldReader = (name: string) => string | undefined;

// A server of HTTP refuses headers of more than 16 KB; a queue takes what it gets. W3C Baggage has this limit.
const MAX_LENGTH = 8192;
/** What travels unless told otherwise. */
export const EVERYTHING: Propagate = { trace: true, baggage: true, correlation: true };

/**
 * The trace context, baggage and correlation ID of the active context, to put beside a message of any queue: message
 * attributes of SQS or Pub/Sub, a column of a table of jobs. Where there is room for `limit` fields only (SQS takes 10,
 * yours included), baggage stays behind first, then `tracestate`, then the correlation ID. Values have at most 8,192
 * characters. Empty where tracing is suppressed. With `sampling.peers`, a message of a trace that is not sampled also carries
 * what proves to who handles it that we are a peer.
 *
 * @example
 * await insert('jobs', { kind: 'invoice', order: 7, carried: JSON.stringify(injectContext()) });
 */
export function injectContext(limit = Number.POSITIVE_INFINITY): CarrierFields {
  const active = context.active();
  const carried = isSuppressed(active) ? unsampledContext(active) : active;
  if (carried === undefined) return {};
  return fitted(carriedFields(carried, EVERYTHING), limit, getCorrelation(active)?.header);
}

/**
 * The context that came beside a message: run its handler in `context.with(extractContext(metadata), handle)`. Takes what
 * queues have: an object or a map of texts, Buffers or lists of these, `MessageAttributes` of SQS. Whatever else is in
 * there is ignored, and never throws.
 *
 * @example
 * await context.with(extractContext(JSON.parse(job.carried)), () => withSpan('make invoice', () => make(job)));
 */
export function extractContext(metadata: unknown): Context {
  const read = fieldReader(metadata);
  const extracted = extractFields(read);
  joinSender(read, extracted);
  const correlation = findCorrelation(read);
  return correlation === undefined ? extracted : setRequestScope(extracted, { correlation });
}

const findCorrelation = correlationFinder({});

/** What `allowed` permits of a context, as fields; a value that is too long or no header is left out. */
export function carriedFields(carried: Context, allowed: Propagate): CarrierFields {
  const fields: CarrierFields = {};
  if (allowed.trace === true || allowed.baggage === true) {
    let sent = carried;
    if (allowed.trace !== true) sent = trace.deleteSpan(sent);
    if (allowed.baggage !== true) sent = propagation.deleteBaggage(sent);
    callSafely('propagator.inject', () => propagation.inject(sent, fields));
  }
  for (const name in fields) if (!isSendable(fields[name])) delete fields[name];
  const proof = allowed.trace === true ? senderProof(carried) : undefined;
  if (proof !== undefined) fields[PEER_HEADER] = proof;
  const correlation = allowed.correlation === true ? getCorrelation(carried) : undefined;
  if (correlation !== undefined) fields[correlation.header] = correlation.id;
  return fields;
}

/**
 * Those of the fields that a sender has not put beside its message already: its own stay. Nothing of the trace where it has
 * put another trace context there, since half of one and half of another are none.
 */
export function missingFields(fields: CarrierFields, headers: unknown): CarrierFields {
  if (typeof headers !== 'object' || headers === null) return fields;
  const read = fieldReader(headers);
  const missing: CarrierFields = {};
  const ofTrace = namesOfTrace();
  const hasTrace = ofTrace.some((name) => read(name) !== undefined);
  for (const name in fields) {
    if (hasTrace && (name === PEER_HEADER || ofTrace.includes(name))) continue;
    if (read(name) === undefined) missing[name] = fields[name] as string;
  }
  return missing;
}

/** Whether a sender has put a trace context of its own choice beside its message. */
export function hasTraceContext(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const read = fieldReader(headers);
  return namesOfTrace().some((name) => read(name) !== undefined);
}

function namesOfTrace(): string[] {
  return propagation.fields().filter((name) => name !== 'baggage');
}

/** Extracts the trace context and baggage from what is read of a message, into a context that has nothing else. */
export function extractFields(read: FieldReader): Context {
  const extract = (): Context => propagation.extract(ROOT_CONTEXT, read, fieldGetter);
  return callSafely('propagator.extract', extract) ?? ROOT_CONTEXT;
}

/** Reads the fields of whatever a queue's library has for the metadata of a message. */
export function fieldReader(metadata: unknown): FieldReader {
  if (typeof metadata !== 'object' || metadata === null) return nothing;
  return (name) => {
    try {
      return readField(metadata, name);
    } catch {
      return undefined; // a getter of somebody's
    }
  };
}

const nothing: FieldReader = () => undefined;

const fieldGetter: TextMapGetter<FieldReader> = {
  keys: () => [], // what is asked for by pattern, such as Jaeger's baggage, is not found
  get: (read, name) => read(name),
};

// Text with a line break would become a header of its own in NATS.
function isSendable(text: unknown): boolean {
  return typeof text === 'string' && text.length <= MAX_LENGTH && /^[\x20-\x7e\t]*$/.test(text);
}

function fitted(fields: CarrierFields, limit: number, correlationHeader: string | undefined): CarrierFields {
  for (const dispensable of [PEER_HEADER, 'baggage', 'tracestate', correlationHeader]) {
    if (Object.keys(fields).length <= limit) return fields;
    if (dispensable !== undefined) delete fields[dispensable];
  }
  // Half of a trace context, such as some headers of B3, is none.
  return Object.keys(fields).length <= limit ? fields : {};
}

function readField(metadata: object, name: string): string | undefined {
  if ('get' in metadata && typeof metadata.get === 'function') return textOf(metadata.get(name));
  return Object.hasOwn(metadata, name) ? textOf((metadata as Record<string, unknown>)[name]) : undefined;
}

function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first === '' || first.length > MAX_LENGTH ? undefined : first;
  if (first instanceof Uint8Array) {
    return first.byteLength > MAX_LENGTH ? undefined : textOf(Buffer.from(first).toString('utf8'));
  }
  // `MessageAttributes` of SQS as its client has them, and as Lambda does.
  if (typeof first !== 'object' || first === null) return undefined;
  const { StringValue, stringValue } = first as { StringValue?: unknown; stringValue?: unknown };
  return typeof StringValue === 'string' || typeof stringValue === 'string'
    ? textOf(StringValue ?? stringValue)
    : undefined;
}
