import type { TimeWindow } from './trace-source.ts';

const HOUR = 3_600_000;

/** Both ends of a time, in milliseconds, for backends that need them: an open end is now, an open start an hour before. */
export function closedWindow({ fromMs, toMs }: TimeWindow): { fromMs: number; toMs: number } {
  const to = Math.ceil(toMs ?? Date.now());
  return { fromMs: Math.floor(fromMs ?? to - HOUR), toMs: to };
}
