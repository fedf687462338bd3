import { criticalPath, selfTimes, type Trace } from '@throughline/analysis';
import { SPAN_KINDS, SPAN_STATUSES, type TraceColumns } from './messages.ts';

const MAX_WARNINGS = 100;

/** All spans of a trace as columns, with self times and the critical path. */
export function traceColumns(trace: Trace, run: number, logCount: number): TraceColumns {
  const { spans } = trace;
  const services = new Dictionary();
  const names = new Dictionary();
  const path = criticalPath(trace);
  return {
    traceId: trace.traceId,
    startUnixNano: `${trace.startUnixNano}`,
    duration: trace.duration,
    run,
    spanIds: spans.map(({ span }) => span.spanId),
    parents: spans.map(({ parent }) => parent?.index ?? -1),
    service: spans.map(({ span }) => services.indexOf(span.resource.service)),
    name: spans.map(({ span }) => names.indexOf(span.name)),
    kind: spans.map(({ span }) => SPAN_KINDS.indexOf(span.kind)),
    status: spans.map(({ span }) => SPAN_STATUSES.indexOf(span.status)),
    start: spans.map(({ start }) => start),
    durations: spans.map(({ start, end }) => end - start),
    selfTime: [...selfTimes(trace)],
    events: spans.map(({ span }) => span.events.length),
    services: services.texts,
    names: names.texts,
    criticalPath: {
      span: path.segments.map(({ span }) => span.index),
      start: path.segments.map(({ start }) => start),
      end: path.segments.map(({ end }) => end),
    },
    asynchronous: path.asynchronous.map(({ index }) => index),
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
