import type { TraceQuery, TraceSource } from '@throughline/readers';
import type { SpanFilter } from '../query/filter.ts';
import { createMemoryStore } from './memory-store.ts';
import { type Selection, StoreFullError, type TraceStore } from './trace-store.ts';

/** Traces that are read for one question: what a backend is asked for in one go, and a page can be looked through. */
const MAX_TRACES = 200;
const AT_ONCE = 4;
/** What a span takes on the wire, roughly; a source does not say. */
const SPAN_BYTES = 400;

/** Milliseconds for which a trace that was read counts as it was. */
const FRESH = 10_000;
const MAX_REMEMBERED = 10_000;

/**
 * Shows the traces of a backend or of files as if they had come in: those that a question is about are read and kept in
 * memory, and the question is answered by them, at most the latest 200.
 */
export function createSourceStore(source: TraceSource): TraceStore {
  const memory = createMemoryStore({
    note: `Traces are read from ${source.name}; lists, statistics and maps are of at most ${MAX_TRACES} traces at a time.`,
  });
  const readAt = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();
  return {
    ...memory,
    name: source.name,
    async append() {
      throw new StoreFullError(`This viewer shows ${source.name} and takes no spans; send them there.`);
    },
    services: (options) => source.services(options),
    operations: (service, options) => source.operations(service, options),
    findTraces: (query, options) => source.findTraces(query, options),
    async getTrace(traceId) {
      await loadAll([traceId]);
      return memory.getTrace(traceId);
    },
    async summaries(traceIds) {
      await loadAll(traceIds);
      return memory.summaries(traceIds);
    },
    async dependencies(window) {
      await load({ ...window, filter: { is: 'span', filter: { is: 'all' } } });
      return memory.dependencies(window);
    },
    search: loaded((selection, sort, limit) => memory.search(selection, sort, limit)),
    statistics: loaded((selection) => memory.statistics(selection)),
    heatMap: loaded((selection, columns) => memory.heatMap(selection, columns)),
    spans: loaded((selection, limit) => memory.spans(selection, limit)),
    profile: loaded((selection, limit) => memory.profile(selection, limit)),
    async close() {
      await source.close();
      await memory.close();
    },
  };

  function loaded<Rest extends unknown[], Result>(
    ask: (selection: Selection, ...rest: Rest) => Promise<Result>,
  ): (selection: Selection, ...rest: Rest) => Promise<Result> {
    return async (selection, ...rest) => {
      await load(selection);
      return ask(selection, ...rest);
    };
  }

  async function load({ filter, fromMs, toMs }: Selection): Promise<void> {
    const known = filter.is === 'span' ? knownTo(filter.filter) : {};
    const window = { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
    const found = await source.findTraces({ ...known, ...window, limit: MAX_TRACES });
    await loadAll(found.map(({ traceId }) => traceId));
  }

  async function loadAll(traceIds: readonly string[]): Promise<void> {
    const open = [...traceIds];
    const worker = async () => {
      for (let id = open.pop(); id !== undefined; id = open.pop()) await loadTrace(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  function loadTrace(traceId: string): Promise<void> {
    let reading = underWay.get(traceId);
    if (reading === undefined) {
      reading = readTrace(traceId).finally(() => underWay.delete(traceId));
      underWay.set(traceId, reading);
    }
    return reading;
  }

  // A trace may have grown since it was read last.
  async function readTrace(traceId: string): Promise<void> {
    const kept = await memory.getTrace(traceId);
    if (kept !== undefined && Date.now() - (readAt.get(traceId) ?? 0) < FRESH) return;
    const spans = (await source.getTrace(traceId)) ?? [];
    const known = new Set(kept?.map((span) => `${span.spanId} ${span.kind}`));
    const added = spans.filter((span) => !known.has(`${span.spanId} ${span.kind}`));
    await memory.append({ spans: added, logs: [], bytes: added.length * SPAN_BYTES });
    if (readAt.size > MAX_REMEMBERED) readAt.clear();
    readAt.set(traceId, Date.now());
  }
}

// What sources can look for themselves: comparisons that must all hold.
function knownTo(filter: SpanFilter): TraceQuery {
  if (filter.is === 'and') return Object.assign({}, ...filter.items.map(knownTo));
  if (filter.is !== 'compare' || filter.by !== '=') return {};
  const { field, value } = filter;
  if (field.of === 'service') return { service: String(value) };
  if (field.of === 'name') return { operation: String(value) };
  return field.of === 'status' && value === 'error' ? { error: true } : {};
}
