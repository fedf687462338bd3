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

  get size(): number {
    return this.#slots.size;
  }

  get(traceId: string): Value | undefined {
    const slot = this.#slots.get(traceId);
    return slot === undefined ? undefined : this.#values[slot];
  }

  /** Adds a value for an id that has none. */
  add(traceId: string, value: Value): void {
    const slot = this.#free.pop() ?? this.#values.length;
    this.#slots.set(traceId, slot);
    this.#values[slot] = value;
  }

  delete(traceId: string): void {
    const slot = this.#slots.get(traceId);
    if (slot === undefined) return;
    this.#slots.delete(traceId);
    this.#values[slot] = undefined;
    this.#free.push(slot);
  }
}
