import type { Span } from '@opentelemetry/api';

/** A traced client of a message broker under test. */
export type MessageSubject = {
  readonly name: string;
  /** Connects to a running broker with a destination that nobody else uses, and traces with these options. */
  start(options: MessageSubjectOptions): Promise<TracedMessaging>;
};

/** The options that all messaging adapters share, to be passed to the tracing as they are. */
export type MessageSubjectOptions = {
  propagate?: (destination: string) => boolean | { trace?: boolean; baggage?: boolean; correlation?: boolean };
  relation?: 'parent' | 'link';
  template?: (destination: string) => string | undefined;
  onStart?: (span: Span, destination: string) => void;
  onEnd?: (span: Span, destination: string) => void;
};

/** What the kit does with a broker. Whatever the client itself throws is to be rejected with, unchanged. */
export type TracedMessaging = {
  /** `messaging.system.name`. */
  readonly system: string;
  /** What the system calls sending: the first word of the PRODUCER span's name. */
  readonly operation: string;
  /** What spans are named by. */
  readonly destination: string;
  /** Sends a message through the traced client; `headers` are to be given to it as this very object. */
  send(message: KitMessage): Promise<unknown>;
  /** Handles what is delivered by the traced client. A message whose handler fails is delivered again where brokers do so. */
  consume(handler: KitMessageHandler): Promise<unknown>;
  /** Sends what cannot be sent. */
  sendInVain(): Promise<unknown>;
  /** Has what is delivered handled in batches. */
  consumeBatch?(handler: (messages: readonly KitDelivery[]) => unknown): Promise<unknown>;
  /** Sends several messages at once. */
  sendBatch?(messages: readonly KitMessage[]): Promise<unknown>;
  /** Sends a request, and resolves with what the handler of `consume` answers. */
  request?(message: KitMessage): Promise<string>;
  close(): Promise<void>;
};

/** A message to send; `null` is a body that says "deleted". */
export type KitMessage = { readonly body: string | null; readonly headers?: Record<string, string> };

/** A message that was delivered. */
export type KitDelivery = { readonly body: string | null; header(name: string): string | undefined };

export type KitMessageHandler = (message: KitDelivery) => unknown;
