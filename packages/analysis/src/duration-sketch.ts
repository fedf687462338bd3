import { addTo } from './collections.ts';

const GAMMA = 1.02;
const LOG_GAMMA = Math.log(GAMMA);

/**
 * Weighted quantiles of any number of values in little memory, within 1 % of the true value. Sketches of parts merge to the
 * sketch of the whole. Values lie in buckets whose bounds grow by 2 %, as in DDSketch (Masson et al., VLDB 2019): from a
 * nanosecond to a month there are less than 1,800. Values up to 1 count as 0 to 1.
 */
export class DurationSketch {
  /** The sum of the weights. */
  count = 0;
  readonly #buckets = new Map<number, number>();

  add(value: number, weight = 1): void {
    const bucket = value <= 1 ? 0 : Math.ceil(Math.log(value) / LOG_GAMMA);
    addTo(this.#buckets, bucket, weight);
    this.count += weight;
  }

  merge(other: DurationSketch): void {
    for (const [bucket, weight] of other.#buckets) addTo(this.#buckets, bucket, weight);
    this.count += other.count;
  }

  /** The value below which this share of the weight lies, from 0 to 1; 0 where nothing was added. */
  quantile(share: number): number {
    return this.quantiles(share)[0] ?? 0;
  }

  /** As {@link quantile}, for several shares in ascending order. */
  quantiles(...shares: number[]): number[] {
    const values = this.entries();
    let at = 0;
    let below = values[0]?.[1] ?? 0;
    return shares.map((share) => {
      while (below < share * this.count && at < values.length - 1) below += values[++at]?.[1] ?? 0;
      return values[at]?.[0] ?? 0;
    });
  }

  /** Representative values with their weights, in ascending order. */
  entries(): [value: number, weight: number][] {
    return [...this.#buckets]
      .sort(([a], [b]) => a - b)
      .map(([bucket, weight]) => [bucket === 0 ? 0 : (2 * GAMMA ** bucket) / (GAMMA + 1), weight]);
  }
}
