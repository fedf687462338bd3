import { diag, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { errorMessage, errorType } from '@throughline/core';
import { type SpooledRequest, writeSpoolFile } from './spool-file.ts';

/** What the spool takes when the process ends. */
export type SpoolSource = {
  /** The spans that wait for their export or are on their way. They are gone from there afterwards. */
  takeWaiting(): SpooledRequest[];
};

const MAX_OPEN_SPANS = 1000;

/**
 * Writes the spans into a file that a process leaves behind when it ends at once: after an uncaught error, with the spans that
 * are open as failed ones, or by `process.exit()`. It listens and does nothing else: the error, the exit code and what the
 * application's own handlers do stay as they are.
 */
export class CrashSpool<OpenSpan extends Span> {
  readonly #folder: string;
  readonly #source: SpoolSource;
  readonly #open = new Set<OpenSpan>();
  #crash: { readonly thrown: unknown; readonly during: Span | undefined } | undefined;

  constructor(folder: string, source: SpoolSource) {
    this.#folder = folder;
    this.#source = source;
    process.on('uncaughtExceptionMonitor', this.#onUncaught);
    process.on('exit', this.#onExit);
  }

  onStart(span: OpenSpan): void {
    if (this.#open.size < MAX_OPEN_SPANS) this.#open.add(span);
  }

  onEnd(span: OpenSpan): void {
    this.#open.delete(span);
  }

  /** Listens no more. */
  stop(): void {
    process.off('uncaughtExceptionMonitor', this.#onUncaught);
    process.off('exit', this.#onExit);
    this.#open.clear();
  }

  // Whether the process dies of it is up to the application's handlers; if it does, `exit` comes next.
  readonly #onUncaught = (thrown: unknown): void => {
    this.#crash = { thrown, during: trace.getActiveSpan() };
    setImmediate(() => {
      this.#crash = undefined; // it lives on
    }).unref();
  };

  readonly #onExit = (code: number): void => {
    try {
      if (code !== 0) this.#endOpenSpans(code);
      const requests = this.#source.takeWaiting();
      const spans = requests.reduce((sum, request) => sum + request.spans, 0);
      if (spans === 0) return;
      const left = writeSpoolFile(this.#folder, requests);
      if (left > 0) diag.warn(`[sdk] ${left} of ${spans} spans were lost at the exit: they do not fit into one file.`);
    } catch (thrown) {
      diag.warn(`[sdk] The spans that waited at the exit were lost: ${errorMessage(thrown)}.`);
    }
  };

  #endOpenSpans(code: number): void {
    const crash = this.#crash;
    const type = crash === undefined ? 'process_exit' : errorType(crash.thrown);
    const message = crash === undefined ? `the process exited with code ${code}` : errorMessage(crash.thrown);
    for (const span of [...this.#open].reverse()) {
      if (span === crash?.during && crash.thrown instanceof Error) span.recordException(crash.thrown);
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      span.end();
    }
  }
}
