import { ArrivalRate } from './arrival-rate.ts';
import { ShareReducer } from './share.ts';

const MAX_ROUTES = 500;
const IDLE_MS = 60_000;

/** What an adaptive sampler knows of the traces that begin with one route. */
export type RouteTraffic = {
  readonly arrivals: ArrivalRate;
  /** The share of recorded requests that failed, of late. */
  failing: number;
  readonly reducer: ShareReducer;
};

/**
 * The traffic of each route, at most 500 of them; further ones share an entry. Where there is no room, those that were idle
 * for a minute go.
 */
export class RouteTable {
  readonly #windowSeconds: number;
  readonly #routes = new Map<string, RouteTraffic>();
  readonly #others: RouteTraffic;
  #sweptMs: number;

  constructor(windowSeconds: number, nowMs: number) {
    this.#windowSeconds = windowSeconds;
    this.#others = this.#create(nowMs);
    this.#sweptMs = nowMs;
  }

  /** The traffic of a route, a new entry if it was not seen before. */
  at(route: string, nowMs: number): RouteTraffic {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    if (this.#routes.size >= MAX_ROUTES) this.#sweep(nowMs);
    if (this.#routes.size >= MAX_ROUTES) return this.#others;
    const traffic = this.#create(nowMs);
    this.#routes.set(route, traffic);
    return traffic;
  }

  #create(nowMs: number): RouteTraffic {
    return { arrivals: new ArrivalRate(this.#windowSeconds, nowMs), failing: 0, reducer: new ShareReducer() };
  }

  // Not for every new route in turn: an attacker may invent them faster than they get idle.
  #sweep(nowMs: number): void {
    if (Math.abs(nowMs - this.#sweptMs) < IDLE_MS) return;
    this.#sweptMs = nowMs;
    for (const [route, { arrivals }] of this.#routes) {
      if (!(Math.abs(nowMs - arrivals.lastMs) < IDLE_MS)) this.#routes.delete(route);
    }
  }
}
