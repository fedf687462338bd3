import { buildTrace, DependencyGraph, type LogRecord, type Span, TraceProfile } from '@throughline/analysis';
import type { Operation } from '@throughline/readers';
import type { FoundTrace, Run } from '../api/messages.ts';
import { isMeant, spanFilters } from '../query/filter.ts';
import { selectionOf } from '../query/from-trace-query.ts';
import { matcherOf } from '../query/matcher.ts';
import { heatMapOf } from './heat-map.ts';
import { MemoryTrace } from './memory-trace.ts';
import { nanoseconds } from './nanoseconds.ts';
import { operationStatistics, rankOf } from './operation-statistics.ts';
import { toSummary } from './summary.ts';
import { type Batch, MAX_DEPENDENCY_TRACES, type Selection, type Sort, type TraceStore } from './trace-store.ts';

export type MemoryStoreOptions = {
  /**
   * How much to keep, by the size of what was received and what its objects take beside it; the traces that came first go
   * first.
   * @default 268_435_456
   */
  maxBytes?: number;
  /** Why there is no file, for people. */
  note?: string;
};

/** Keeps traces in memory: the fallback where there is no database. */
export function createMemoryStore({ maxBytes = 2 ** 28, note }: MemoryStoreOptions = {}): TraceStore {
  // In the order in which they came.
  const traces = new Map<string, MemoryTrace>();
  // Logs without a trace are not kept, as nobody would find them.
  const runs: Run[] = [];
  let bytes = 0;
  let spanCount = 0;
  let logCount = 0;
  newRun();

  return {
    name: 'the memory of the viewer',
    async append(batch: Batch) {
      const share = batch.bytes / Math.max(1, batch.spans.length + batch.logs.length);
      for (const span of batch.spans) add(traceOf(span.traceId).addSpan(span, share));
      spanCount += batch.spans.length;
      for (const log of batch.logs) {
        if (log.traceId === undefined) continue;
        add(traceOf(log.traceId).addLog(log, share));
        logCount += 1;
      }
      for (const [id, trace] of traces) {
        if (bytes <= maxBytes) break;
        traces.delete(id);
        bytes -= trace.bytes;
        spanCount -= trace.spans.length;
        logCount -= trace.logs.length;
      }
    },
    async findTraces(query) {
      return found(selectionOf(query), 'latest', query.limit ?? 20).map(toSummary);
    },
    async getTrace(traceId) {
      const spans = traces.get(traceId.toLowerCase().padStart(32, '0'))?.spans;
      return spans === undefined || spans.length === 0 ? undefined : spans;
    },
    async services() {
      const names = new Set<string>();
      for (const trace of traces.values()) for (const name of trace.services.keys()) names.add(name);
      return [...names].sort();
    },
    async operations(service) {
      const operations = new Map<string, Operation>();
      for (const trace of traces.values()) {
        if (!trace.services.has(service)) continue;
        for (const { resource, name, kind } of trace.spans)
          if (resource.service === service) operations.set(`${name}\n${kind}`, { name, kind });
      }
      return [...operations].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, operation]) => operation);
    },
    async dependencies(window) {
      const graph = new DependencyGraph();
      const selection = selectionOf(window);
      for (const { traceId } of found(selection, 'latest', MAX_DEPENDENCY_TRACES))
        graph.add(buildTrace(traces.get(traceId)?.spans ?? []));
      return graph.result();
    },
    async search(selection, sort, limit) {
      return found(selection, sort, limit);
    },
    async summaries(traceIds) {
      return traceIds.flatMap((id) => traces.get(id)?.summary(0) ?? []);
    },
    async logs(traceId, limit) {
      const logs: LogRecord[] = [...(traces.get(traceId)?.logs ?? [])];
      return logs.sort((a, b) => Number(a.timeUnixNano - b.timeUnixNano)).slice(0, limit);
    },
    async countLogs(traceId) {
      return traces.get(traceId)?.logs.length ?? 0;
    },
    async statistics(selection) {
      return operationStatistics(matching(selection));
    },
    async rank(operation, duration) {
      return rankOf(everySpan(), operation, duration);
    },
    async heatMap(selection, columns) {
      return heatMapOf([...matching(selection)], selection, columns);
    },
    async spans(selection, limit) {
      const spans = [...matching(selection)];
      spans.sort((a, b) => Number(b.startUnixNano - a.startUnixNano));
      return spans.slice(0, limit);
    },
    async runs() {
      return runs.map(({ id, startedMs }) => {
        const own = [...traces.values()].filter(({ run }) => run === id);
        return { id, startedMs, traces: own.length, spans: own.reduce((sum, { spans }) => sum + spans.length, 0) };
      });
    },
    async startRun() {
      return newRun();
    },
    async profile(selection, limit) {
      const profile = new TraceProfile();
      for (const { traceId } of found(selection, 'latest', limit))
        profile.add(buildTrace(traces.get(traceId)?.spans ?? []));
      return profile;
    },
    async status() {
      return {
        kind: 'memory',
        ...(note !== undefined && { note }),
        spans: spanCount,
        traces: traces.size,
        logs: logCount,
        bytes: Math.round(bytes),
        maxBytes,
      };
    },
    async close() {
      traces.clear();
    },
  };

  function newRun(): Run {
    const run = { id: runs.length + 1, startedMs: Date.now(), traces: 0, spans: 0 };
    runs.push(run);
    return run;
  }

  function add(size: number): void {
    bytes += size;
  }

  function traceOf(traceId: string): MemoryTrace {
    let trace = traces.get(traceId);
    if (trace === undefined) {
      trace = new MemoryTrace(traceId, runs.length);
      traces.set(traceId, trace);
    }
    return trace;
  }

  function found(selection: Selection, sort: Sort, limit: number): FoundTrace[] {
    const filters = spanFilters(selection.filter);
    const matchers = filters.map(matcherOf);
    // Of who asks for nothing in particular, a trace that reaches into the time is meant as a whole.
    const window = filters.length === 1 && filters[0]?.is === 'all' ? ALWAYS : windowOf(selection);
    const hits: { trace: MemoryTrace; matches: number }[] = [];
    for (const trace of within(selection)) {
      const counts = matchers.map((matches) =>
        trace.spans.reduce((sum, span) => (startsIn(span, window) && matches(span, trace) ? sum + 1 : sum), 0),
      );
      if (
        !isMeant(
          selection.filter,
          counts.map((count) => count > 0),
        )
      )
        continue;
      hits.push({ trace, matches: counts.reduce((sum, count) => Math.max(sum, count), 0) });
    }
    const orders: Record<Sort, (a: MemoryTrace, b: MemoryTrace) => number> = {
      latest: (a, b) => (a.startUnixNano < b.startUnixNano ? 1 : -1),
      slowest: (a, b) => b.duration - a.duration,
      errors: (a, b) => b.errorCount - a.errorCount || orders.latest(a, b),
    };
    hits.sort((a, b) => orders[sort](a.trace, b.trace));
    return hits.slice(0, limit).map(({ trace, matches }) => trace.summary(matches));
  }

  function* within(selection: Selection): Generator<MemoryTrace> {
    const { from, to } = windowOf(selection);
    const { run } = selection;
    for (const trace of traces.values()) {
      if (trace.spans.length === 0 || (run !== undefined && trace.run !== run)) continue;
      if (trace.startUnixNano <= to && trace.endUnixNano >= from) yield trace;
    }
  }

  function* matching(selection: Selection): Generator<Span> {
    const window = windowOf(selection);
    const matchers = spanFilters(selection.filter).map(matcherOf);
    for (const trace of within(selection)) {
      for (const span of trace.spans) {
        if (startsIn(span, window) && matchers.some((matches) => matches(span, trace))) yield span;
      }
    }
  }

  function* everySpan(): Generator<Span> {
    for (const { spans } of traces.values()) yield* spans;
  }
}

/** Moments in nanoseconds since 1970, both included. */
type Window = { readonly from: bigint; readonly to: bigint };

const ALWAYS: Window = { from: 0n, to: nanoseconds(Number.POSITIVE_INFINITY) };

function windowOf({ fromMs = 0, toMs = Number.POSITIVE_INFINITY }: Selection): Window {
  return { from: nanoseconds(fromMs), to: nanoseconds(toMs) };
}

function startsIn({ startUnixNano }: Span, { from, to }: Window): boolean {
  return startUnixNano >= from && startUnixNano <= to;
}
