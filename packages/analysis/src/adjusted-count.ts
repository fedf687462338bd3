const THRESHOLD = /(?:^|,)\s*ot=(?:[^,;]*;)*?th:([0-9a-f]{1,14})(?=[;,\s]|$)/;

let lastState = '';
let lastCount = 1;

/**
 * How many spans one stands for: one by its sampling probability, as the threshold in the `ot` member of its
 * `tracestate` says. 1 where none is said.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
export function adjustedCount({ traceState }: { readonly traceState?: string | undefined }): number {
  if (traceState === undefined || traceState === '') return 1;
  if (traceState !== lastState) {
    const threshold = THRESHOLD.exec(traceState)?.[1];
    lastState = traceState;
    lastCount = threshold === undefined ? 1 : 1 / (1 - Number.parseInt(threshold, 16) / 16 ** threshold.length);
    if (!Number.isFinite(lastCount)) lastCount = 1;
  }
  return lastCount;
}
