import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import { type JaegerStrategy, readJaegerStrategy } from './jaeger-strategy.ts';
import { monotonicClock } from './monotonic-clock.ts';
import { shareOf } from './share.ts';

/** Keeps a strategy up to date: asks at once and then again and again, on a timer that does not keep the process alive. */
export class StrategyPoll {
  /** The last strategy that made sense. */
  strategy: JaegerStrategy;
  readonly #ask: () => Promise<unknown>;
  readonly #intervalMs: number;
  #asking: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last = '';
  #failing = false;
  #stopped = false;

  constructor(ask: () => Promise<unknown>, intervalMs: number, ratio: number) {
    const share = shareOf(ratio);
    this.strategy = { description: `${ratio} until Jaeger answers`, choose: () => share };
    this.#ask = ask;
    this.#intervalMs = intervalMs;
    void this.refresh();
  }

  /** Asks now, unless a question is under way. Resolves with whether there was a strategy in the answer; never rejects. */
  refresh(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    clearTimeout(this.#timer);
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
      if (!this.#stopped) this.#timer = setTimeout(() => void this.refresh(), this.#nextDelay()).unref();
    });
    return this.#asking;
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #askOnce(): Promise<boolean> {
    try {
      const answer = await this.#ask();
      if (this.#stopped) return false;
      this.#adopt(answer);
      this.#failing = false;
      return true;
    } catch (thrown) {
      if (!this.#failing) diag.warn(`[sampling] Jaeger's strategy stays as it was: ${errorMessage(thrown)}.`);
      this.#failing = true;
      return false;
    }
  }

  // What limits and bounds have counted so far stays, if Jaeger says the same once more.
  #adopt(answer: unknown): void {
    const text = JSON.stringify(answer);
    if (text === this.#last) return;
    const strategy = readJaegerStrategy(answer, monotonicClock());
    if (strategy === undefined) throw new Error('the answer is no sampling strategy');
    this.#last = text;
    this.strategy = strategy;
  }

  // All instances of a service are often started at once, and should not ask at once for ever.
  #nextDelay(): number {
    return this.#intervalMs * (0.9 + Math.random() * 0.1);
  }
}
