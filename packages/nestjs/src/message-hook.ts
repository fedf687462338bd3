import type { ExecutionContext, PreRequestHook } from '@nestjs/common';
import { type Context, context, type Span, SpanKind, type TracerProvider, trace } from '@opentelemetry/api';
import { type CorrelationOptions, callSafely, VERSION } from '@throughline/core';
import { extractFields, type FieldReader } from '@throughline/core/carrier';
import { correlationReader, setRequestScope } from '@throughline/core/correlation';
import { ATTR_REQUEST_ID } from '@throughline/core/messaging-attributes';
import { eventKind, type MessageKind, patternText, requestKind } from './message-kind.ts';
import { messageMetadata } from './message-metadata.ts';
import { type Subscribed, traceObservable } from './traced-observable.ts';

/**
 * Makes the hook by which Nest 12 runs a handler of messages, guards and all, in a span: SERVER where the sender waits
 * for an answer (`@MessagePattern`, gRPC), CONSUMER where it does not (`@EventPattern`). The context that the sender put
 * beside the message is continued, and so is its correlation ID.
 */
export function messageHook(
  tracerProvider: TracerProvider = trace,
  correlation: CorrelationOptions = {},
): PreRequestHook {
  const tracer = tracerProvider.getTracer('@throughline/nestjs', VERSION);
  const readCorrelation = correlationReader(correlation);

  function start(execution: ExecutionContext): Subscribed {
    const metadata = messageMetadata(execution.getArgs());
    const { name, kind, attributes } = kindOf(execution);
    attributes['code.function.name'] = functionName(execution);
    const parent = parentContext(metadata);
    const span = tracer.startSpan(name, { kind, attributes }, parent);
    const scope = { correlation: readCorrelation(metadata, span) };
    span.setAttribute(ATTR_REQUEST_ID, scope.correlation.id);
    return { span, context: setRequestScope(trace.setSpan(parent, span), scope) };
  }

  return function tracingMessageHook(execution, next) {
    if (traced.has(execution)) return next();
    traced.add(execution);
    return traceObservable(next, () => start(execution));
  };
}

// The hook of a module that was imported twice gets the same object.
const traced = new WeakSet<ExecutionContext>();

function parentContext(metadata: FieldReader): Context {
  const active = context.active();
  return isOfThisMessage(trace.getSpan(active)) ? active : extractFields(metadata);
}

// An instrumentation of the transport's library may have begun a span for this message. Any other span that is active
// was so when the transport was set up. SDK spans show their kind although the API does not declare it.
function isOfThisMessage(span: (Span & { kind?: SpanKind }) | undefined): boolean {
  return span?.isRecording() === true && (span.kind === SpanKind.CONSUMER || span.kind === SpanKind.SERVER);
}

// What `@MessagePattern` and `@EventPattern` note on a handler; `@nestjs/microservices` is not imported.
const PATTERNS = 'microservices:pattern';
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT = 2;

function kindOf(execution: ExecutionContext): MessageKind {
  const handler = execution.getHandler();
  const source: unknown = execution.getArgByIndex(1);
  const incoming = callSafely('message pattern', incomingPattern, (source ?? {}) as MessageContext);
  const declared = Reflect.getMetadata(PATTERNS, handler) as readonly unknown[] | undefined;
  const patterns = (declared ?? []).map(patternText);
  // Of several, the one that came; one with wildcards does not tell itself, and a sender's text must not be the name.
  const pattern = patterns.find((text) => text === incoming) ?? (patterns.length === 1 ? patterns[0] : undefined);
  const name = pattern ?? functionName(execution);
  if (Reflect.getMetadata(HANDLER_TYPE, handler) === EVENT) {
    return eventKind(name, 'process', systemOf(source), incoming);
  }
  return requestKind(name, SpanKind.SERVER, isGrpc(declared?.[0]) ? 'grpc' : undefined);
}

/** The methods of Nest's message contexts that say what came, or tell the transport. */
type MessageContext = {
  getPattern?(): unknown;
  getTopic?(): unknown;
  getSubject?(): unknown;
  getChannel?(): unknown;
};

function incomingPattern(source: MessageContext): string | undefined {
  const pattern = source.getPattern?.() ?? source.getTopic?.() ?? source.getSubject?.() ?? source.getChannel?.();
  return pattern === undefined ? undefined : patternText(pattern);
}

const SYSTEMS = {
  getPartition: 'kafka',
  getChannelRef: 'rabbitmq',
  getSubject: 'nats',
  getPacket: 'mqtt',
  getChannel: 'redis',
} as const;

function systemOf(source: unknown): string | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  return Object.entries(SYSTEMS).find(([method]) => method in source)?.[1];
}

function isGrpc(pattern: unknown): boolean {
  return typeof pattern === 'object' && pattern !== null && 'rpc' in pattern && 'streaming' in pattern;
}

function functionName(execution: ExecutionContext): string {
  return `${execution.getClass().name}.${execution.getHandler().name}`;
}
