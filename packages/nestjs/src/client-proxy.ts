import { context, SpanKind, trace } from '@opentelemetry/api';
import { callSafely, injectContext, isSuppressed, VERSION } from '@throughline/core';
import { connectable, defer, type Observable, Subject } from 'rxjs';
import { eventKind, type MessageKind, patternText, requestKind } from './message-kind.ts';
import { type Subscribed, traceObservable } from './traced-observable.ts';

/** As much of Nest's `ClientProxy` as it takes to trace it. */
type MessageClient = {
  send(pattern: unknown, data: unknown): Observable<unknown>;
  emit(pattern: unknown, data: unknown): Observable<unknown>;
  /** There from Nest 12 on. */
  setOnDispatchHook?(hook: (packet: Packet) => void): void;
  readonly onDispatchHook?: (packet: Packet) => void;
};

type Packet = { metadata?: Record<string, unknown> };

/**
 * Makes a client of Nest's microservices trace what it sends: a CLIENT span for each subscription to `send`, until the
 * answer is complete, and a PRODUCER span for each `emit`. Over TCP and Redis the trace context, baggage and correlation
 * ID travel as packet metadata; the other transports have headers of their own, which Nest leaves to the application.
 * Uses the client's one dispatch hook; an earlier hook is run first. Returns the client. Throws a `TypeError` if it is none.
 *
 * @example
 * const prices = traceClientProxy(ClientProxyFactory.create({ transport: Transport.TCP }));
 */
export function traceClientProxy<Client extends object>(client: Client): Client {
  if (!isClient(client)) {
    throw new TypeError(
      '[nestjs] Expected `client` to be a ClientProxy (an object with `send` and `emit`). Pass what `ClientProxyFactory` makes or Nest injects.',
    );
  }
  if (TRACED in client) return client;
  Object.defineProperty(client, TRACED, { value: true });
  const send = client.send.bind(client);
  const emit = client.emit.bind(client);
  client.send = function tracedSend(pattern, data) {
    return traced(requestKind(patternText(pattern), SpanKind.CLIENT), () => send(pattern, data));
  };
  client.emit = function tracedEmit(pattern, data) {
    // An event leaves at once, whether or not anybody subscribes.
    const sent = connectable(
      traced(eventKind(patternText(pattern), 'send'), () => emit(pattern, data)),
      { connector: () => new Subject(), resetOnDisconnect: false },
    );
    sent.connect();
    return sent;
  };
  attachContext(client);
  return client;
}

// A registered symbol, so that two copies of this package trace a client once.
const TRACED = Symbol.for('throughline.traced-client');

function isClient(client: object): client is MessageClient {
  const { send, emit } = (client ?? {}) as Partial<MessageClient>;
  return typeof send === 'function' && typeof emit === 'function';
}

function traced(kind: MessageKind, source: () => Observable<unknown>): Observable<unknown> {
  return defer(() => (isSuppressed(context.active()) ? source() : traceObservable(source, () => start(kind))));
}

function start({ name, kind, attributes }: MessageKind): Subscribed {
  const parent = context.active();
  const span = trace.getTracer('@throughline/nestjs', VERSION).startSpan(name, { kind, attributes }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

function attachContext(client: MessageClient): void {
  const earlier = client.onDispatchHook;
  client.setOnDispatchHook?.((packet) => {
    earlier?.(packet);
    callSafely('packet metadata', attach, packet);
  });
}

function attach(packet: Packet): void {
  const metadata = { ...packet.metadata, ...injectContext() };
  if (Object.keys(metadata).length > 0) packet.metadata = metadata;
}
