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
  const stops: string[] = [];
  const length = Math.max(1, end - start);
  for (const [from, to] of spans.length > PARTS ? partsOf(model, spans, start, length) : mergedOf(model, spans)) {
    const [left, right] = [from, to].map((time) => `${(((time - start) / length) * 100).toFixed(2)}%`);
    stops.push(`transparent ${left}, var(--c) ${left}, var(--c) ${right}, transparent ${right}`);
  }
  const stripes = { start, end, background: `linear-gradient(to right, ${stops.join(', ')})` };
  cache.set(spans, stripes);
  return stripes;
}

type Interval = [from: number, to: number];

/** When at least one of the spans ran. */
function mergedOf(model: TraceModel, spans: readonly number[]): Interval[] {
  const merged: Interval[] = [];
  const byStart = [...spans].sort((a, b) => at(model.columns.start, a) - at(model.columns.start, b));
  for (const span of byStart) {
    const start = at(model.columns.start, span);
    const last = merged.at(-1);
    if (last === undefined || start > last[1]) merged.push([start, endOf(model, span)]);
    else last[1] = Math.max(last[1], endOf(model, span));
  }
  return merged;
}

/** The same of many spans, in as many parts as can be told apart. */
function partsOf(model: TraceModel, spans: readonly number[], start: number, length: number): Interval[] {
  const part = length / PARTS;
  // How many begin in a part less how many have ended before it.
  const changes = new Int32Array(PARTS + 2);
  for (const span of spans) {
    const first = Math.min(PARTS - 1, Math.floor((at(model.columns.start, span) - start) / part));
    const last = Math.min(PARTS - 1, Math.floor((endOf(model, span) - start) / part));
    changes[first] = (changes[first] ?? 0) + 1;
    changes[last + 1] = (changes[last + 1] ?? 0) - 1;
  }
  const busy: Interval[] = [];
  let running = 0;
  for (let index = 0; index < PARTS; index++) {
    running += changes[index] ?? 0;
    if (running > 0) busy.push([start + index * part, start + (index + 1) * part]);
  }
  return busy;
}

function endOf({ columns }: TraceModel, span: number): number {
  return at(columns.start, span) + at(columns.durations, span);
}
