import { context, createContextKey, propagation, trace } from '@opentelemetry/api';
import type {
  KitDelivery,
  KitMessageHandler,
  MessageSubject,
  MessageSubjectOptions,
  TracedMessaging,
} from './message-subject.ts';
import type { RecordedSpan, SpanRecorder } from './span-recorder.ts';

/** The key by which packages agree on the request that a context belongs to. */
export const REQUEST_SCOPE = createContextKey('throughline.request-scope');

/** The key under which OpenTelemetry's SDKs look for suppression. */
export const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Starts a subject, lets `use` work with it, and closes it whatever happens. */
export async function withMessaging(
  subject: MessageSubject,
  options: MessageSubjectOptions,
  use: (messaging: TracedMessaging) => Promise<void>,
): Promise<void> {
  const messaging = await subject.start(options);
  try {
    await use(messaging);
  } finally {
    await messaging.close();
  }
}

/** What a handler saw of its message, and of the context it ran in. */
export type Seen = {
  readonly body: string | null;
  readonly traceparent: string | undefined;
  readonly own: string | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly requestId: string | undefined;
  readonly baggage: string | undefined;
};

/** A handler that notes what it sees; `count` messages can be awaited. */
export function noteTaker(count = 1): { handler: KitMessageHandler; seen: Promise<readonly Seen[]> } {
  const noted: Seen[] = [];
  let finish: (seen: readonly Seen[]) => void;
  const seen = new Promise<readonly Seen[]>((resolve) => {
    finish = resolve;
  });
  const handler = (message: KitDelivery): void => {
    noted.push(look(message));
    if (noted.length === count) finish(noted);
  };
  return { handler, seen };
}

/** What can be seen now of a message and of the active context. */
export function look(message: KitDelivery): Seen {
  const active = context.active();
  const span = trace.getSpanContext(active);
  const scope = active.getValue(REQUEST_SCOPE) as { correlation: { id: string } } | undefined;
  return {
    body: message.body,
    traceparent: message.header('traceparent'),
    own: message.header('x-own'),
    traceId: span?.traceId,
    spanId: span?.spanId,
    requestId: scope?.correlation.id,
    baggage: propagation.getBaggage(active)?.getEntry('tenant')?.value,
  };
}

/** Takes the span of the sender and that of the handler. */
export async function takeBoth(
  recorder: SpanRecorder,
  { operation, destination }: TracedMessaging,
): Promise<[sent: RecordedSpan, handled: RecordedSpan]> {
  return [await recorder.take(`${operation} ${destination}`), await recorder.take(`process ${destination}`)];
}
