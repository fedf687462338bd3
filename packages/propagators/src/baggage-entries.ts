import type { Baggage, BaggageEntry } from '@opentelemetry/api';

/**
 * Baggage that keeps the order of its entries and takes any key, `__proto__` and numbers included. Immutable.
 * (`propagation.createBaggage` goes through an object, which sorts keys that look like numbers to the front.)
 */
export class BaggageEntries implements Baggage {
  readonly #entries: ReadonlyMap<string, BaggageEntry>;

  constructor(entries: Iterable<readonly [string, BaggageEntry]> = []) {
    this.#entries = new Map(entries);
  }

  /** A copy of this entry. */
  getEntry(key: string): BaggageEntry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : { ...entry };
  }

  /** All entries, oldest first. */
  getAllEntries(): [string, BaggageEntry][] {
    return [...this.#entries];
  }

  /** A copy with this entry, in its old place if the key was there. */
  setEntry(key: string, entry: BaggageEntry): BaggageEntries {
    return new BaggageEntries([...this.#entries, [key, entry]]);
  }

  /** A copy without this key. */
  removeEntry(key: string): BaggageEntries {
    return this.removeEntries(key);
  }

  /** A copy without these keys. */
  removeEntries(...keys: string[]): BaggageEntries {
    return new BaggageEntries([...this.#entries].filter(([key]) => !keys.includes(key)));
  }

  /** Empty baggage. */
  clear(): BaggageEntries {
    return new BaggageEntries();
  }
}
