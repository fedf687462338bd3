/**
 * Finds things by trace id. Unlike in a `Map` alone, nothing that was deleted stays in memory: V8 gives a `Map` a new table
 * every so often, the old ones refer to the new ones, and once one of them is in the old generation all that was ever in
 * the map survives until the next full collection. That cost more than all the rest of the hold.
 */
export class TraceTable<Value extends object> {
  // Only ids and numbers are in the map.
  readonly #slots = new Map<string, number>();
  readonly #values: (Value | undefined)[] = [];
  readonly #free: number[] = [];
  // The spans of a request come in runs, with the same string.
  #lastId = '';
  #last: Value | undefined;

  get size(): number {
    return this.#slots.size;
  }

  get(traceId: string): Value | undefined {
    if (traceId === this.#lastId) return this.#last;
    const slot = this.#slots.get(traceId);
    if (slot === undefined) return undefined;
    this.#lastId = traceId;
    this.#last = this.#values[slot];
    return this.#last;
  }

  /** Adds a value for an id that has none. */
  add(traceId: string, value: Value): void {
    const slot = this.#free.pop() ?? this.#values.length;
    this.#slots.set(traceId, slot);
    this.#values[slot] = value;
    this.#lastId = traceId;
    this.#last = value;
  }

  delete(traceId: string): void {
    const slot = this.#slots.get(traceId);
    if (slot === undefined) return;
    if (traceId === this.#lastId) {
      this.#lastId = '';
      this.#last = undefined;
    }
    this.#slots.delete(traceId);
    this.#values[slot] = undefined;
    this.#free.push(slot);
  }
}
