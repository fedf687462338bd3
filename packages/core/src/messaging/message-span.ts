import { type Context, context, type Span, SpanStatusCode, type TimeInput } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import type { CarrierFields } from '../carrier.ts';
import { keepSignals } from '../keep-signals.ts';
import { callSafely, errorMessage, errorType, recordException } from '../span/failure.ts';
import { isThenable, promiseIn } from '../span/thenable.ts';

/** One operation on a message, or on a batch of them, and its span, which ends once, whoever says so first. */
export class MessageSpan {
  readonly span: Span;
  /** What the handler of the message runs in. */
  readonly context: Context;
  /** What to put beside the message, besides the caller's own headers. */
  readonly fields: CarrierFields;
  readonly #onEnd: ((span: Span) => void) | undefined;
  readonly #sender: string | undefined;
  #ended = false;

  /** @param sender where the peer that sent the message is told if the trace is kept */
  constructor(
    span: Span,
    spanContext: Context,
    fields: CarrierFields,
    onEnd: ((span: Span) => void) | undefined,
    sender?: string,
  ) {
    this.span = span;
    this.context = spanContext;
    this.fields = fields;
    this.#onEnd = onEnd;
    this.#sender = sender;
  }

  /**
   * Follows what a library does with the message. `sent` is called when it returns, or when its promise is fulfilled; what
   * it throws or rejects with ends the span, and goes on to the caller.
   */
  follow<Result>(send: () => Result, sent: () => void = () => this.end()): Result {
    let result: Result;
    try {
      result = send();
    } catch (thrown) {
      this.fail(thrown);
      throw thrown;
    }
    if (!isThenable(result)) {
      sent();
      return result;
    }
    return promiseIn(this.context, result).then(
      (value) => {
        sent();
        return value;
      },
      (thrown) => {
        this.fail(thrown);
        throw thrown;
      },
    ) as Result;
  }

  /** The same for the handler of a message, which runs in the context of the message. */
  handle<Result>(handler: () => Result, handled?: () => void): Result {
    return this.follow(() => context.with(this.context, handler), handled);
  }

  /** Ends the span with what was thrown, as an error. */
  fail(thrown: unknown): void {
    if (this.#ended) return;
    recordException(this.span, thrown);
    this.refuse(errorType(thrown), errorMessage(thrown));
    this.end();
  }

  /** Makes the span an error that nobody has thrown, such as a message that was returned; it goes on. */
  refuse(type: string, message?: string): void {
    if (this.#ended) return;
    this.span.setAttribute(ATTR_ERROR_TYPE, type);
    this.span.setStatus(
      message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message },
    );
  }

  /** Ends the span, as of now or of an earlier time. */
  end(at?: TimeInput): void {
    if (this.#ended) return;
    this.#ended = true;
    const onEnd = this.#onEnd;
    if (onEnd !== undefined) context.with(this.context, () => callSafely('onEnd', onEnd, this.span));
    // A handler may take longer than peers are remembered.
    if (this.#sender !== undefined) keepSignals()?.involve(this.span.spanContext().traceId, this.#sender);
    this.span.end(at);
  }
}
