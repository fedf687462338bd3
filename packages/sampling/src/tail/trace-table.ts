import { hashOf, isSameTrace, type TraceId, type TraceWords } from '../trace-id.ts';

/** What is in the table. */
type Entry = TraceWords & { slot: number; stamp: number };

const MIN_PLACES = 1024;

/**
 * Finds entries by trace id, and uses them again when they were removed: what is held for seconds is what costs a garbage
 * collector most, so nothing is made for a trace but what it takes while its spans are open. A `Map` would keep the texts of
 * all ids, and copy itself every so often.
 */
export class TraceTable<Trace extends Entry> {
  readonly #make: (slot: number) => Trace;
  readonly #put: (trace: Trace, id: TraceId) => void;
  #entries: (Trace | undefined)[] = [];
  /** Entries that were removed, and slots whose entry was let go of. */
  #free: Trace[] = [];
  #emptySlots: number[] = [];
  /**
   * The slot of an entry and 1, at the place that the hash of its id says or at the next one that was free, and behind it that hash;
   * 0 where there is none. Entries are far from each other in memory, so only the one that is wanted is looked at.
   */
  #places = new Int32Array(2 * MIN_PLACES);
  size = 0;

  /**
   * @param make makes an entry for a slot
   * @param put makes it the entry of a trace
   */
  constructor(make: (slot: number) => Trace, put: (trace: Trace, id: TraceId) => void) {
    this.#make = make;
    this.#put = put;
  }

  find(id: TraceId): Trace | undefined {
    // Spans that share an id have the place in common. It may be that of another trace by now, or of another hold.
    const known = id.slot < 0 ? undefined : this.#entries[id.slot];
    return known !== undefined && known.stamp === id.stamp && known.slot >= 0 ? known : this.#search(id);
  }

  /** An entry for an id that has none. */
  add(id: TraceId): Trace {
    if (4 * (this.size + 1) > this.#places.length) this.#grow();
    const trace = this.#free.pop() ?? this.#make(this.#emptySlots.pop() ?? this.#entries.length);
    // Of an entry that is free, the slot is below 0.
    if (trace.slot < 0) trace.slot = ~trace.slot;
    else this.#entries[trace.slot] = trace;
    this.#put(trace, id);
    stamps += 1;
    trace.stamp = stamps;
    id.stamp = stamps;
    id.slot = trace.slot;
    const hash = hashOf(id);
    const at = this.#placeOf(id, hash);
    this.#places[at] = trace.slot + 1;
    this.#places[at + 1] = hash;
    this.size += 1;
    return trace;
  }

  /** Whether an entry is in the table. */
  has(trace: Trace): boolean {
    return trace.slot >= 0;
  }

  /** Removes an entry, which may be that of another trace from now on. */
  remove(trace: Trace): void {
    this.#close(this.#placeOf(trace, hashOf(trace)));
    trace.slot = ~trace.slot;
    this.#free.push(trace);
    this.size -= 1;
  }

  /** Lets go of entries that may be used again, where they are more than those in use: each collection would look at them all. */
  trim(): void {
    const surplus = this.#free.length - Math.max(this.size, MIN_PLACES);
    if (surplus <= 0) return;
    for (const { slot } of this.#free.splice(0, surplus)) {
      this.#entries[~slot] = undefined;
      this.#emptySlots.push(~slot);
    }
  }

  /** Forgets the entries that may be used again, if none is in use. */
  giveBack(): void {
    if (this.size > 0) return;
    this.#entries = [];
    this.#free = [];
    this.#emptySlots = [];
    if (this.#places.length > 2 * MIN_PLACES) this.#places = new Int32Array(2 * MIN_PLACES);
  }

  #search(id: TraceId): Trace | undefined {
    if (this.size === 0) return undefined;
    const slot = (this.#places[this.#placeOf(id, hashOf(id))] as number) - 1;
    if (slot < 0) return undefined;
    const trace = this.#entries[slot] as Trace;
    id.slot = slot;
    id.stamp = trace.stamp;
    return trace;
  }

  /** The place of an id, or that which it would have. */
  #placeOf(id: TraceWords, hash: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    for (let at = (2 * hash) & mask; ; at = (at + 2) & mask) {
      const slot = (places[at] as number) - 1;
      if (slot < 0 || (places[at + 1] === hash && isSameTrace(this.#entries[slot] as Trace, id))) return at;
    }
  }

  // Those behind move up, as if what is removed had never been there.
  #close(gap: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let free = gap;
    for (let at = (gap + 2) & mask; places[at] !== 0; at = (at + 2) & mask) {
      const hash = places[at + 1] as number;
      if (((at - 2 * hash) & mask) < ((at - free) & mask)) continue;
      places[free] = places[at] as number;
      places[free + 1] = hash;
      free = at;
    }
    places[free] = 0;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(2 * before.length);
    const mask = this.#places.length - 1;
    for (let from = 0; from < before.length; from += 2) {
      if (before[from] === 0) continue;
      let at = (2 * (before[from + 1] as number)) & mask;
      while (this.#places[at] !== 0) at = (at + 2) & mask;
      this.#places.set(before.subarray(from, from + 2), at);
    }
  }
}

/** Each trace in any table has a number of its own, so that one comparison tells whether an entry is still its. */
let stamps = 0;
