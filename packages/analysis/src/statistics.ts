import { adjustedCount } from './adjusted-count.ts';
import { byKey, compareTexts, getOrMake } from './collections.ts';
import { DurationSketch } from './duration-sketch.ts';
import type { Span, SpanKind } from './span.ts';

/** How often something was done, how often in vain, and how long it took. */
export type CallStatistics = {
  /** Estimated from the sampling probability of the spans; the number of spans where nothing was sampled. */
  readonly calls: number;
  readonly errors: number;
  /** From 0 to 1. */
  readonly errorRate: number;
  /** Nanoseconds, within 1 %. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
};

/** The statistics of one operation of a service: of its spans of one name and kind. */
export type OperationStatistics = CallStatistics & {
  readonly name: string;
  readonly kind: SpanKind;
  /** Calls a second. */
  readonly rate: number;
  /** How many spans were seen. */
  readonly spans: number;
};

/** The statistics of what a service was asked to do: of its server and consumer spans and of roots. */
export type ServiceStatistics = CallStatistics & {
  readonly service: string;
  /** Calls a second. */
  readonly rate: number;
  readonly operations: readonly OperationStatistics[];
};

/**
 * Counts calls, errors and durations of services and operations, span by span: nothing is kept but the sums. Parts that
 * were counted apart can be merged. Rates are over the time from the first start to the last.
 */
export class Statistics {
  readonly #services = new Map<string, { entries: CallCounter; operations: Map<string, Operation> }>();
  #first = Infinity;
  #last = -Infinity;

  add(span: Span): void {
    const start = Number(span.startUnixNano);
    if (start < this.#first) this.#first = start;
    if (start > this.#last) this.#last = start;
    const { operations, entries } = this.#service(span.resource.service);
    const weight = adjustedCount(span);
    const duration = Math.max(0, Number(span.endUnixNano - span.startUnixNano));
    const isError = span.status === 'error';
    const operation = this.#operation(operations, span.name, span.kind);
    operation.spans += 1;
    operation.calls.add(duration, isError, weight);
    if (span.kind === 'server' || span.kind === 'consumer' || span.parentSpanId === undefined)
      entries.add(duration, isError, weight);
  }

  merge(other: Statistics): void {
    this.#first = Math.min(this.#first, other.#first);
    this.#last = Math.max(this.#last, other.#last);
    for (const [service, { entries, operations }] of other.#services) {
      const own = this.#service(service);
      own.entries.merge(entries);
      for (const { name, kind, spans, calls } of operations.values()) {
        const operation = this.#operation(own.operations, name, kind);
        operation.spans += spans;
        operation.calls.merge(calls);
      }
    }
  }

  /** Services and their operations by name. */
  result(): ServiceStatistics[] {
    const seconds = Math.max((this.#last - this.#first) / 1e9, Number.MIN_VALUE);
    const rate = (calls: number) => (this.#last > this.#first ? calls / seconds : 0);
    return [...this.#services]
      .map(([service, { entries, operations }]) => ({
        service,
        ...entries.result(),
        rate: rate(entries.durations.count),
        operations: [...operations].sort(byKey).map(([, { name, kind, spans, calls }]) => ({
          name,
          kind,
          spans,
          ...calls.result(),
          rate: rate(calls.durations.count),
        })),
      }))
      .sort((a, b) => compareTexts(a.service, b.service));
  }

  #service(name: string) {
    return getOrMake(this.#services, name, () => ({ entries: new CallCounter(), operations: new Map() }));
  }

  #operation(operations: Map<string, Operation>, name: string, kind: SpanKind): Operation {
    const key = `${name}\n${kind}`;
    return getOrMake(operations, key, () => ({ name, kind, spans: 0, calls: new CallCounter() }));
  }
}

type Operation = { readonly name: string; readonly kind: SpanKind; spans: number; readonly calls: CallCounter };

/** The statistics of these spans; see {@link Statistics} for spans that come bit by bit. */
export function statistics(spans: Iterable<Span>): ServiceStatistics[] {
  const all = new Statistics();
  for (const span of spans) all.add(span);
  return all.result();
}

/** Calls with their errors and durations, as {@link CallStatistics} reports them. */
export class CallCounter {
  readonly durations: DurationSketch = new DurationSketch();
  errors = 0;

  add(duration: number, isError: boolean, weight: number): void {
    this.durations.add(duration, weight);
    if (isError) this.errors += weight;
  }

  merge(other: CallCounter): void {
    this.durations.merge(other.durations);
    this.errors += other.errors;
  }

  result(): CallStatistics {
    const [p50 = 0, p95 = 0, p99 = 0] = this.durations.quantiles(0.5, 0.95, 0.99);
    const { count } = this.durations;
    return { calls: count, errors: this.errors, errorRate: count === 0 ? 0 : this.errors / count, p50, p95, p99 };
  }
}
