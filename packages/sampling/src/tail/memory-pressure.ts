import { getHeapStatistics } from 'node:v8';
import { LOOK_EVERY_MS } from './hold-timer.ts';

const PRESSED_ABOVE = 0.9;
const RELIEVED_BELOW = 0.85;

/** Which share of its memory the process uses, from 0 to 1: of the JavaScript heap, or of what its container allows if that is more. */
export function memoryUse(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  const allowed = process.constrainedMemory();
  // Without a limit it is 0, or larger than any memory.
  const resident = allowed > 0 ? process.memoryUsage.rss() / allowed : 0;
  return Math.max(used / limit, resident);
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
