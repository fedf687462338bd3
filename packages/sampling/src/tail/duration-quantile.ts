const PER_DOUBLING = 8;
const BELOW_ONE_MS = 32;
const BUCKETS = 256;
const FORGET_AT = 4096;
const WARM = 100;
const RECOMPUTE_EVERY = 16;

/**
 * The duration that one in a hundred of the latest requests exceeds, to 9 %. It says nothing before the first hundred, and
 * halves the weight of what it knows every few thousand. The memory is the same however many there are: 1 KB.
 */
export class DurationQuantile {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #sinceComputed = 0;
  #p99 = Number.POSITIVE_INFINITY;

  /** In milliseconds; infinite as long as too little is known. */
  get p99(): number {
    return this.#p99;
  }

  /** Notes the duration of a request, in milliseconds. */
  add(milliseconds: number): void {
    const bucket = bucketOf(milliseconds);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    this.#sinceComputed += 1;
    if (this.#total >= FORGET_AT) this.#forget();
    if (this.#total < WARM || (this.#sinceComputed < RECOMPUTE_EVERY && Number.isFinite(this.#p99))) return;
    this.#sinceComputed = 0;
    this.#p99 = this.#compute();
  }

  #forget(): void {
    this.#total = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      this.#counts[bucket] = count >> 1;
      this.#total += count >> 1;
    }
  }

  // The upper edge of its bucket: where all take equally long, none is slow.
  #compute(): number {
    let above = this.#total / 100;
    let bucket = BUCKETS - 1;
    for (; bucket > 0; bucket -= 1) {
      above -= this.#counts[bucket] as number;
      if (above < 0) break;
    }
    return 2 ** ((bucket + 1 - BELOW_ONE_MS) / PER_DOUBLING);
  }
}

// A duration that is 0, negative or no number, as clocks may have it, goes into the first bucket.
function bucketOf(milliseconds: number): number {
  if (!(milliseconds > 0)) return 0;
  const bucket = Math.floor(Math.log2(milliseconds) * PER_DOUBLING) + BELOW_ONE_MS;
  return Math.min(BUCKETS - 1, Math.max(0, bucket));
}
