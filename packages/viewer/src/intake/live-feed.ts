import type { Span } from '@throughline/analysis';
import type { LiveMessage } from '../api/messages.ts';
import type { TraceStore } from '../store/trace-store.ts';

const INTERVAL = 250;
const MAX_TRACES = 100;

/** Tells those who watch what has come, several deliveries at a time. */
export class LiveFeed {
  readonly #store: TraceStore;
  readonly #listeners = new Set<(message: LiveMessage) => void>();
  // In the order in which they last grew.
  readonly #grown = new Set<string>();
  #spans = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: TraceStore) {
    this.#store = store;
  }

  add(spans: readonly Span[]): void {
    if (this.#listeners.size === 0) return;
    this.#spans += spans.length;
    for (const { traceId } of spans) {
      this.#grown.delete(traceId);
      this.#grown.add(traceId);
      for (const oldest of this.#grown) {
        if (this.#grown.size <= MAX_TRACES) break;
        this.#grown.delete(oldest);
      }
    }
    this.#timer ??= setTimeout(() => void this.#tell(), INTERVAL).unref();
  }

  watch(listener: (message: LiveMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  async #tell(): Promise<void> {
    const ids = [...this.#grown].reverse();
    const spans = this.#spans;
    this.#grown.clear();
    this.#spans = 0;
    this.#timer = undefined;
    try {
      const found = await this.#store.summaries(ids);
      const message = { traces: found.map(({ matchCount: _, ...trace }) => trace), spans };
      for (const listener of this.#listeners) listener(message);
    } catch {
      // The store is being closed, or will say so to who asks next.
    }
  }
}
