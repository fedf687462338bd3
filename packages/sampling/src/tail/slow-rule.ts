import { DurationQuantile } from './duration-quantile.ts';
import type { HeldSpan, SpanAccess } from './held-span.ts';
import type { KeepSettings } from './keep-options.ts';

const MAX_ROUTES = 500;

/** Says which requests took too long, by a threshold for all, for each route, or by what is usual for a route. */
export class SlowRule<Span extends HeldSpan> {
  readonly #settings: Pick<KeepSettings, 'slowerThan' | 'routes'>;
  readonly #access: SpanAccess<Span>;
  readonly #usual = new Map<string, DurationQuantile>();
  readonly #others = new DurationQuantile();
  /** Whether any request can be slow. */
  readonly applies: boolean;
  /** No request that took less, in milliseconds, can be slow. */
  readonly #lowestMs: number;

  constructor(settings: Pick<KeepSettings, 'slowerThan' | 'routes'>, access: SpanAccess<Span>) {
    this.#settings = settings;
    this.#access = access;
    const all = [settings.slowerThan, ...settings.routes.map((route) => route.slowerThan)];
    this.#lowestMs = Math.min(...all.map((value) => (value === 'p99' ? 0 : (value ?? Number.POSITIVE_INFINITY))));
    this.applies = this.#lowestMs < Number.POSITIVE_INFINITY;
  }

  /** Whether the first span of a process, which has ended, took too long. To be asked once of each: it learns by that. */
  learn(root: Span): boolean {
    if (!this.applies) return false;
    const durationMs = this.#access.durationMs(root);
    // Where nothing is learnt from those that were quick, nothing else is looked at.
    if ((this.#lowestMs > 0 && durationMs <= this.#lowestMs) || this.#isLongLived(root)) return false;
    const limit = this.#limitOf(root);
    if (typeof limit === 'number') return durationMs > limit;
    const slow = durationMs > limit.p99;
    limit.add(durationMs);
    return slow;
  }

  /** Whether a first span that is still open, for so many milliseconds, takes too long already. */
  isOverdue(root: Span, openMs: number): boolean {
    if (openMs <= this.#lowestMs || this.#isLongLived(root)) return false;
    const limit = this.#limitOf(root);
    return openMs > (typeof limit === 'number' ? limit : limit.p99);
  }

  // An event stream or a socket is not slow because somebody listens to it for an hour.
  #isLongLived(root: Span): boolean {
    const { attribute } = this.#access;
    return (
      attribute(root, 'throughline.long_lived') !== undefined || attribute(root, 'http.response.status_code') === 101
    );
  }

  #limitOf(root: Span): number | DurationQuantile {
    const { slowerThan, routes } = this.#settings;
    const route = routes.length > 0 || slowerThan === 'p99' ? this.#text(root, 'http.route') : undefined;
    const limit = routes.length > 0 ? this.#limitOfRoute(root, route) : slowerThan;
    return limit === 'p99' ? this.#usualFor(route ?? root.name) : (limit ?? Number.POSITIVE_INFINITY);
  }

  #limitOfRoute(root: Span, route: string | undefined): number | 'p99' | undefined {
    const { slowerThan, routes } = this.#settings;
    const path = this.#text(root, 'url.path');
    for (const { matches, slowerThan: limit } of routes) {
      if ((route !== undefined && matches(route)) || (path !== undefined && matches(path))) return limit;
    }
    return slowerThan;
  }

  #text(root: Span, name: string): string | undefined {
    const value = this.#access.attribute(root, name);
    return typeof value === 'string' ? value : undefined;
  }

  #usualFor(route: string): DurationQuantile {
    const known = this.#usual.get(route);
    if (known !== undefined) return known;
    if (this.#usual.size >= MAX_ROUTES) return this.#others;
    const usual = new DurationQuantile();
    this.#usual.set(route, usual);
    return usual;
  }
}
