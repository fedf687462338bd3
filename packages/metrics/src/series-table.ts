import { type Attributes, diag } from '@opentelemetry/api';

/** What tells one series from another, as OpenTelemetry and as Prometheus have it. */
export type Series = { readonly attributes: Attributes; readonly labels: Readonly<Record<string, string>> };

/** How many series an instrument has at most. @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits */
const MAX_SERIES = 2000;

/** The attribute of the one series that takes what is too much. */
export const ATTR_OVERFLOW = 'otel.metric.overflow';

/**
 * The series that values were recorded in. Each is made once; when there are too many, the rest goes into a single one, so
 * that sums stay exact.
 */
export class SeriesTable {
  readonly #name: string;
  readonly #series = new Map<string, Series>();
  readonly #overflow = seriesOf({ [ATTR_OVERFLOW]: true });
  #overflowed = 0;

  /** @param name what is counted, for the warning */
  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#series.size;
  }

  /** How many values went into the series for the rest. */
  get overflowed(): number {
    return this.#overflowed;
  }

  find(key: string): Series | undefined {
    return this.#series.get(key);
  }

  /** Adds a series, or returns the one for the rest. */
  add(key: string, attributes: Attributes): Series {
    if (this.#series.size >= MAX_SERIES) return this.#refuse();
    const series = seriesOf(attributes);
    this.#series.set(key, series);
    return series;
  }

  #refuse(): Series {
    if (this.#overflowed === 0) {
      diag.warn(
        `[metrics] There are ${MAX_SERIES} series of ${this.#name}; new ones are counted together, with ` +
          `\`${ATTR_OVERFLOW}\`. See whether a route or an error type has ids in it.`,
      );
    }
    this.#overflowed += 1;
    return this.#overflow;
  }
}

/** A series with the labels that OpenTelemetry's attributes have in Prometheus. */
export function seriesOf(attributes: Attributes): Series {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) labels[labelName(name)] = String(value);
  return { attributes, labels };
}

/** @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ */
export function labelName(attribute: string): string {
  return attribute.replaceAll('.', '_');
}
