import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@throughline/core';
import { MAX_IDS } from './keep-message.ts';
import type { PeerCounter } from './peer-stats.ts';

/** Sends these traces to an address; rejects if that fails. */
export type SendKeeps = (address: string, traceIds: readonly string[]) => Promise<void>;

const FIRST_AFTER_MS = 10;
const EVERY_MS = 100;
const MAX_WAITING = 20_000;
const MAX_WAITING_OF_ONE = 5_000;
const MAX_FAILURES = 3;

type Line = {
  readonly waiting: Set<string>;
  sending: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  failures: number;
};

/**
 * What peers are to be told, in batches: the first one at once, more of them up to ten times a second, one at a time to each
 * peer. A peer that is away is tried some times; then what was for it is dropped. No timer keeps the process alive.
 */
export class KeepOutbox {
  readonly #send: SendKeeps;
  readonly #counter: PeerCounter;
  readonly #count: 'told' | 'announced';
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  /** @param count what a trace that has been told of counts as */
  constructor(send: SendKeeps, counter: PeerCounter, count: 'told' | 'announced') {
    this.#send = send;
    this.#counter = counter;
    this.#count = count;
  }

  /** Puts a kept trace in line for a peer. */
  add(address: string, traceId: string): void {
    const line = this.#lines.get(address) ?? this.#open(address);
    if (this.#waiting >= MAX_WAITING || line.waiting.size >= MAX_WAITING_OF_ONE) {
      this.#counter.dropped += 1;
      return;
    }
    if (line.waiting.has(traceId)) return;
    line.waiting.add(traceId);
    this.#waiting += 1;
    if (line.timer === undefined && line.sending === undefined) this.#schedule(address, line, FIRST_AFTER_MS);
  }

  /** Takes a trace out of the line for a peer, because it knows already. */
  remove(address: string, traceId: string): void {
    if (this.#lines.get(address)?.waiting.delete(traceId) === true) this.#waiting -= 1;
  }

  /** Sends all that waits, and does not wait for who failed before. Never rejects. */
  async flush(): Promise<void> {
    await Promise.all(
      [...this.#lines].map(async ([address, line]) => {
        await line.sending;
        while (line.waiting.size > 0 && line.failures === 0) await this.#sendBatch(address, line);
      }),
    );
  }

  /** Drops all that waits. */
  close(): void {
    for (const line of this.#lines.values()) {
      clearTimeout(line.timer);
      this.#counter.dropped += line.waiting.size;
    }
    this.#lines.clear();
    this.#waiting = 0;
  }

  #open(address: string): Line {
    const line: Line = { waiting: new Set(), sending: undefined, timer: undefined, failures: 0 };
    this.#lines.set(address, line);
    return line;
  }

  // A timer remembers the context it was made in, and would keep that of a request.
  #schedule(address: string, line: Line, afterMs: number): void {
    const delay = afterMs * (1 + Math.random() / 2);
    line.timer = context.with(suppressTracing(ROOT_CONTEXT), () =>
      setTimeout(() => {
        line.timer = undefined;
        if (line.waiting.size === 0) this.#lines.delete(address);
        else if (line.sending === undefined) void this.#sendBatch(address, line);
      }, delay).unref(),
    );
  }

  async #sendBatch(address: string, line: Line): Promise<void> {
    clearTimeout(line.timer);
    line.timer = undefined;
    const batch: string[] = [];
    for (const traceId of line.waiting) {
      batch.push(traceId);
      if (batch.length === MAX_IDS) break;
    }
    for (const traceId of batch) line.waiting.delete(traceId);
    this.#waiting -= batch.length;
    line.sending = this.#deliver(address, line, batch);
    await line.sending;
    line.sending = undefined;
    // Without a batch to come, the line waits once more and is forgotten.
    if (this.#lines.get(address) === line) this.#schedule(address, line, EVERY_MS * 2 ** line.failures);
  }

  async #deliver(address: string, line: Line, batch: readonly string[]): Promise<void> {
    try {
      await context.with(suppressTracing(ROOT_CONTEXT), () => this.#send(address, batch));
      this.#counter[this.#count] += batch.length;
      line.failures = 0;
    } catch {
      line.failures += 1;
      this.#takeBack(line, batch);
    }
  }

  #takeBack(line: Line, batch: readonly string[]): void {
    for (const traceId of batch) line.waiting.add(traceId);
    this.#waiting += batch.length;
    if (line.failures < MAX_FAILURES) return;
    this.#counter.dropped += line.waiting.size;
    this.#waiting -= line.waiting.size;
    line.waiting.clear();
    line.failures = 0;
  }
}
