import { criticalPath, selfTimes, type Trace } from '@throughline/analysis';
import { SPAN_KINDS, SPAN_STATUSES, type TraceColumns } from './messages.ts';
import { SpanIds } from './span-ids.ts';

const MAX_WARNINGS = 100;

/** All spans of a trace as columns, with self times and the critical path. */
export function traceColumns(trace: Trace, run: number, logCount: number): TraceColumns {
  const { spans } = trace;
  const count = spans.length;
  const services = new Dictionary();
  const names = new Dictionary();
  const { segments, asynchronous } = criticalPath(trace);
  const columns = {
    parents: new Int32Array(count),
    service: new Int32Array(count),
    name: new Int32Array(count),
    kind: new Int32Array(count),
    status: new Int32Array(count),
    start: new Float64Array(count),
    durations: new Float64Array(count),
  };
  for (let index = 0; index < count; index++) {
    const { span, parent, start, end } = spans[index] as Trace['spans'][number];
    columns.parents[index] = parent?.index ?? -1;
    columns.service[index] = services.indexOf(span.resource.service);
    columns.name[index] = names.indexOf(span.name);
    columns.kind[index] = SPAN_KINDS.indexOf(span.kind);
    columns.status[index] = SPAN_STATUSES.indexOf(span.status);
    columns.start[index] = start;
    columns.durations[index] = end - start;
  }
  return {
    traceId: trace.traceId,
    startUnixNano: `${trace.startUnixNano}`,
    duration: trace.duration,
    run,
    services: services.texts,
    names: names.texts,
    ...columns,
    spanIds: SpanIds.of(spans.map(({ span }) => span.spanId)),
    selfTime: selfTimes(trace),
    criticalPath: {
      span: Int32Array.from(segments, ({ span }) => span.index),
      start: Float64Array.from(segments, ({ start }) => start),
      end: Float64Array.from(segments, ({ end }) => end),
    },
    asynchronous: asynchronous.map(({ index }) => index),
    warnings: trace.warnings.slice(0, MAX_WARNINGS),
    warningCount: trace.warnings.length,
    logCount,
  };
}

class Dictionary {
  readonly texts: string[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.texts.push(text) - 1;
      this.#indexes.set(text, index);
    }
    return index;
  }
}
