import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';

/** Where kept spans go. Each is announced once, also while it is open, and handed over once, when it has ended. */
export type KeptSpans<Span> = {
  onStart?(span: Span): void;
  onEnd(span: Span): void;
};

/** Hands spans on to code that may throw, and reports once that it does. */
export class KeptOutlet<Span> {
  readonly #next: KeptSpans<Span>;
  #reported = false;

  constructor(next: KeptSpans<Span>) {
    this.#next = next;
  }

  announce(span: Span): void {
    try {
      this.#next.onStart?.(span);
    } catch (thrown) {
      this.report(thrown);
    }
  }

  handOver(span: Span): void {
    try {
      this.#next.onEnd(span);
    } catch (thrown) {
      this.report(thrown);
    }
  }

  report(thrown: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    diag.error(`[sampling] A span could not be held or handed over: ${errorMessage(thrown)}. This is reported once.`);
  }
}
