import { ATTR_HTTP_REQUEST_METHOD, ATTR_URL_SCHEME } from '@opentelemetry/semantic-conventions';
import type { StartedExchange } from '@throughline/core/http-measurement';
import { knownScheme } from './http-series.ts';
import { labelName, type Series, seriesOf } from './series-table.ts';

/** The labels of active requests in Prometheus. */
export const ACTIVE_LABELS = [ATTR_HTTP_REQUEST_METHOD, ATTR_URL_SCHEME].map(labelName);

type Count = { readonly series: Series; active: number };

/** How many requests are being served, by method and scheme. */
export class ActiveRequests {
  readonly #counts = new Map<string, Count>();

  /** Notes that so many more are active, or that many less. */
  add({ method, scheme }: StartedExchange, change: 1 | -1): void {
    const known = knownScheme(scheme);
    const key = `${known} ${method}`;
    const count = this.#counts.get(key) ?? this.#create(key, known, method);
    count.active += change;
  }

  /** Visits every series. */
  visit(each: (series: Series, active: number) => void): void {
    for (const { series, active } of this.#counts.values()) each(series, active);
  }

  #create(key: string, scheme: string, method: string): Count {
    const created: Count = {
      series: seriesOf({ [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: scheme }),
      active: 0,
    };
    this.#counts.set(key, created);
    return created;
  }
}
