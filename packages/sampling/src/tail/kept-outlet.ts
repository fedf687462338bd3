import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import type { KeepReason } from './verdicts.ts';

/** Where kept spans go. Each is announced once, also while it is open, and handed over once, when it has ended. */
export type KeptSpans<Span> = {
  onStart?(span: Span): void;
  onEnd(span: Span): void;
};

/** Hands spans, and the news of kept traces, on to code that may throw, and reports once that it does. */
export class KeptOutlet<Span> {
  readonly #next: KeptSpans<Span>;
  #onKeep: ((traceId: string, reason: KeepReason) => void) | undefined;
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

  /** Calls back with each trace that is told. */
  whenKept(callback: (traceId: string, reason: KeepReason) => void): void {
    this.#onKeep = callback;
  }

  tell(traceId: string, reason: KeepReason): void {
    try {
      this.#onKeep?.(traceId, reason);
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
