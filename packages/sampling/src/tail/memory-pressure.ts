import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { LOOK_EVERY_MS } from './hold-timer.ts';

const PRESSED_ABOVE = 0.9;
const RELIEVED_BELOW = 0.85;
const OLD_SPACE_FLAG = /^--max[-_]old[-_]space[-_]size=(\d+)$/;
const YOUNG_SPACES = ['new_space', 'new_large_object_space'];

/**
 * Which share of its memory the process uses, from 0 to 1: of the old generation of the JavaScript heap, where what is held ends
 * up and which must not overflow, or of what its container allows if that is more.
 */
export function memoryUse(): number {
  const { used_heap_size: all, heap_size_limit: limit } = getHeapStatistics();
  const used = all - youngBytes();
  const allowed = process.constrainedMemory();
  // Without a limit it is 0, or larger than any memory.
  const resident = allowed > 0 ? process.memoryUsage.rss() / allowed : 0;
  return Math.max(used / Math.min(limit, oldSpaceLimit), resident);
}

// The limit that Node tells includes the young generation, 48 MB or, since Node 24, 192: so nine tenths of it may be more than
// the old one may have, where a flag has made that small. Without the flag, the young one shrinks with it.
const oldSpaceLimit = readOldSpaceLimit();

function readOldSpaceLimit(): number {
  const flags = [...(process.env.NODE_OPTIONS ?? '').split(/\s+/), ...process.execArgv];
  const sizes = flags.flatMap((flag) => OLD_SPACE_FLAG.exec(flag)?.[1] ?? []);
  const megabytes = Number(sizes.at(-1) ?? 0);
  return megabytes > 0 ? megabytes * 2 ** 20 : Number.POSITIVE_INFINITY;
}

function youngBytes(): number {
  let bytes = 0;
  for (const { space_name: name, space_used_size: used } of getHeapSpaceStatistics()) {
    if (YOUNG_SPACES.includes(name)) bytes += used;
  }
  return bytes;
}

/** Says whether memory is so scarce that nothing should be held. It takes some relief to get out of that again. */
export class MemoryPressure {
  readonly #use: () => number;
  #pressed = false;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(use: () => number) {
    this.#use = use;
  }

  get isPressed(): boolean {
    return this.#pressed;
  }

  /** Whether something may be held. Where nothing may, this measures again, as often as the timer of a hold at most. */
  allows(now: () => number): boolean {
    if (!this.#pressed) return true;
    const nowMs = now();
    return nowMs - this.#lookedMs >= LOOK_EVERY_MS && !this.look(nowMs);
  }

  /** Measures again. */
  look(nowMs: number): boolean {
    this.#lookedMs = nowMs;
    this.#pressed = this.#use() > (this.#pressed ? RELIEVED_BELOW : PRESSED_ABOVE);
    return this.#pressed;
  }
}
