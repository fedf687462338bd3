import { bottlenecks, buildTrace, encodeOtlpJson, type Trace } from '@throughline/analysis';
import { spanFilters } from '../query/filter.ts';
import { durationOf, matcherOf } from '../query/matcher.ts';
import { parseQuery } from '../query/parse-query.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { RequestError } from './answer.ts';
import type { BottlenecksAnswer, LogsAnswer, MatchesAnswer, SpanDetails } from './messages.ts';
import { packTrace } from './packed-trace.ts';
import { traceIdOf } from './parameters.ts';
import { pairs, spanDetails } from './span-details.ts';
import { traceColumns } from './trace-columns.ts';

const MAX_LOGS = 1000;
const MAX_BOTTLENECK_SPANS = 1000;
/** Someone who looks at a trace asks for many things of it, one after another. */
const MAX_KEPT = 4;

/** A trace that was asked for, and what was made of it. */
type Kept = { readonly trace: Trace; readonly run: number; readonly count: number; packed?: Packed };
type Packed = { readonly bytes: Uint8Array; readonly logCount: number };

/** Answers what the page asks about one trace. */
export class TraceAnswers {
  readonly #store: TraceStore;
  readonly #kept = new Map<string, Kept>();

  constructor(store: TraceStore) {
    this.#store = store;
  }

  /** The trace with its analysis' own view of it. */
  async trace(id: string): Promise<Trace> {
    return (await this.#keep(id)).trace;
  }

  /** All its columns; they are packed once. */
  async packed(id: string): Promise<Uint8Array> {
    const kept = await this.#keep(id);
    const logCount = await this.#store.countLogs(kept.trace.traceId);
    if (kept.packed?.logCount !== logCount)
      kept.packed = { bytes: packTrace(traceColumns(kept.trace, kept.run, logCount)), logCount };
    return kept.packed.bytes;
  }

  async span(id: string, spanId: string): Promise<SpanDetails> {
    const trace = await this.trace(id);
    const span = trace.byId.get(spanId.toLowerCase());
    if (span === undefined) throw new RequestError('There is no span with this id in the trace.', 404);
    const { resource, name, kind } = span.span;
    const operation = { service: resource.service, name, kind };
    return spanDetails(span, trace.startUnixNano, await this.#store.rank(operation, durationOf(span.span)));
  }

  async matches(id: string, query: string): Promise<MatchesAnswer> {
    const matchers = spanFilters(parseQuery(query)).map(matcherOf);
    const trace = await this.trace(id);
    const root = trace.roots[0]?.span;
    const facts = {
      duration: trace.duration,
      rootName: root?.name ?? '',
      rootService: root?.resource.service ?? '',
    };
    const spans = trace.spans.filter(({ span }) => matchers.some((matches) => matches(span, facts)));
    return { spans: spans.map(({ index }) => index) };
  }

  async bottlenecks(id: string): Promise<BottlenecksAnswer> {
    return {
      bottlenecks: bottlenecks(await this.trace(id)).map(({ kind, service, name, spans, time, drag }) => ({
        kind,
        service,
        name,
        spans: spans.slice(0, MAX_BOTTLENECK_SPANS).map(({ index }) => index),
        spanCount: spans.length,
        time,
        drag,
      })),
    };
  }

  async logs(id: string): Promise<LogsAnswer> {
    const logs = await this.#store.logs(traceIdOf(id), MAX_LOGS);
    return {
      logs: logs.map((log) => ({
        timeUnixNano: `${log.timeUnixNano}`,
        ...(log.spanId !== undefined && { spanId: log.spanId }),
        severity: log.severity,
        ...(log.severityText !== undefined && { severityText: log.severityText }),
        service: log.resource.service,
        body: log.body,
        attributes: pairs(log.attributes),
      })),
    };
  }

  async otlp(id: string): Promise<object> {
    return encodeOtlpJson((await this.trace(id)).spans.map(({ span }) => span));
  }

  async #keep(id: string): Promise<Kept> {
    const traceId = traceIdOf(id);
    const [summary] = await this.#store.summaries([traceId]);
    const known = this.#kept.get(traceId);
    if (known !== undefined && known.count === summary?.spanCount) return known;
    const spans = await this.#store.getTrace(traceId);
    if (spans === undefined) throw new RequestError('There is no trace with this id, or no more.', 404);
    const kept = { trace: buildTrace(spans), run: summary?.run ?? 0, count: spans.length };
    this.#kept.delete(traceId);
    this.#kept.set(traceId, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    return kept;
  }
}
