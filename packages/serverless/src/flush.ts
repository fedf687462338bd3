import { diag } from '@opentelemetry/api';
import { callSafely } from '@throughline/core';

/** How a handler gets its spans out before the platform freezes the process. */
export type FlushOptions = {
  /** Exports what has ended: `tracing.flush` of `startTracing()`, or `() => provider.forceFlush()` of any SDK. */
  flush: () => Promise<unknown>;
  /**
   * How long an invocation waits for that, in milliseconds. What is not out by then goes with the next one.
   * @default 2000
   */
  flushTimeoutMs?: number;
};

/** Throws a `TypeError` if a handler could not flush. */
export function checkFlush(component: string, { flush, flushTimeoutMs }: FlushOptions): void {
  if (typeof flush !== 'function') {
    throw new TypeError(
      `[${component}] Expected \`flush\` to be a function, got ${typeof flush}. Pass \`flush\` of what \`startTracing()\` returns: without it spans are lost when the process is frozen.`,
    );
  }
  if (flushTimeoutMs !== undefined && !(Number.isFinite(flushTimeoutMs) && flushTimeoutMs >= 0)) {
    throw new TypeError(
      `[${component}] Expected \`flushTimeoutMs\` to be a number of milliseconds, got ${String(flushTimeoutMs)}.`,
    );
  }
}

/** Flushes, for `limitMs` at most. Never rejects: a backend that is down is no failure of the function. */
export async function flushWithin(flush: () => Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      diag.warn(`[serverless] Spans were not exported within ${limitMs} ms. They go with the next invocation.`);
      resolve();
    }, limitMs);
  });
  const flushed = Promise.resolve(callSafely('flush', flush)).catch(() => {});
  await Promise.race([flushed, late]);
  clearTimeout(timer);
}
