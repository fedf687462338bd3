import { at, type TraceModel } from './trace-model.ts';

const PARTS = 120;
const cache = new WeakMap<readonly number[], { start: number; end: number; background: string }>();

/** When the spans of a fold ran: from the first to the last, dense where at least one of them did. */
export function foldStripes(model: TraceModel, spans: readonly number[]) {
  const known = cache.get(spans);
  if (known !== undefined) return known;
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    start = Math.min(start, at(model.columns.start, span));
    end = Math.max(end, endOf(model, span));
  }
  const part = Math.max(1, (end - start) / PARTS);
  // How many begin in a part less how many have ended before it.
  const changes = new Int32Array(PARTS + 2);
  for (const span of spans) {
    const first = Math.min(PARTS - 1, Math.floor((at(model.columns.start, span) - start) / part));
    const last = Math.min(PARTS - 1, Math.floor((endOf(model, span) - start) / part));
    changes[first] = (changes[first] ?? 0) + 1;
    changes[last + 1] = (changes[last + 1] ?? 0) - 1;
  }
  const stops: string[] = [];
  let running = 0;
  let wasBusy = false;
  for (let index = 0; index <= PARTS; index++) {
    running += changes[index] ?? 0;
    const isBusy = running > 0 && index < PARTS;
    if (isBusy === wasBusy) continue;
    const position = `${((index / PARTS) * 100).toFixed(2)}%`;
    stops.push(
      isBusy ? `transparent ${position}, var(--c) ${position}` : `var(--c) ${position}, transparent ${position}`,
    );
    wasBusy = isBusy;
  }
  const stripes = { start, end, background: `linear-gradient(to right, ${stops.join(', ')})` };
  cache.set(spans, stripes);
  return stripes;
}

function endOf({ columns }: TraceModel, span: number): number {
  return at(columns.start, span) + at(columns.durations, span);
}
