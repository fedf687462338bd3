import { buildTrace, DependencyGraph, groupByTrace, type Span, TraceProfile } from '@throughline/analysis';
import type { Operation } from '@throughline/readers';
import { type Run, SPAN_KINDS } from '../api/messages.ts';
import { selectionOf } from '../query/from-trace-query.ts';
import { SqlValues } from '../query/sql-filter.ts';
import { heatMapRows, operationRows, rankRow } from './duckdb-aggregates.ts';
import { candidates } from './duckdb-candidates.ts';
import { type Database, openDatabase } from './duckdb-database.ts';
import { DuckDbReader } from './duckdb-reader.ts';
import { DuckDbRetention } from './duckdb-retention.ts';
import { foundTrace, matchingSpans, summaryStatement } from './duckdb-search.ts';
import { DuckDbSignatures, SIGNED_SPANS } from './duckdb-signatures.ts';
import { DuckDbWriter } from './duckdb-writer.ts';
import { searchTraces } from './latest-first.ts';
import { toSummary } from './summary.ts';
import { MAX_DEPENDENCY_TRACES, type Selection, type TraceStore } from './trace-store.ts';

export type DuckDbStoreOptions = {
  readonly file: string;
  /** Bytes of the file before the spans that came first go. */
  readonly maxBytes: number;
  /** Milliseconds after which spans go. */
  readonly maxAge: number;
  /** How many spans share a signature. @default 20_000 */
  readonly signedSpans?: number;
};

/** Keeps spans in a file of DuckDB, over restarts. What was appended survives the end of the process at any moment. */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<TraceStore> {
  const database = await openDatabase(options.file, options.maxBytes);
  const reader = new DuckDbReader(database.reader);
  const [[nextSource] = []] = await reader.rows('SELECT coalesce(max(id), 0) + 1 FROM sources');
  const signatures = await DuckDbSignatures.open(reader, options.signedSpans ?? SIGNED_SPANS);
  const writer = new DuckDbWriter(database, signatures, Number(nextSource));
  const retention = new DuckDbRetention(database.writer, reader, writer, options);
  await startRun();
  let closing: Promise<void> | undefined;

  return {
    name: options.file,
    async append(batch) {
      if (closing !== undefined) throw new Error('The viewer is being closed.');
      await writer.append(batch);
      retention.grown(batch.bytes);
    },
    async findTraces(query) {
      return (await searchTraces(reader, selectionOf(query), 'latest', query.limit ?? 20)).map(toSummary);
    },
    async getTrace(traceId) {
      const spans = await spansOf([traceId.toLowerCase().padStart(32, '0')]);
      return spans.length === 0 ? undefined : spans;
    },
    async services() {
      const rows = await reader.rows('SELECT DISTINCT service FROM spans ORDER BY service');
      return rows.map(([service]) => service as string);
    },
    async operations(service) {
      const values = new SqlValues();
      const condition = `service = ${values.add(service)}`;
      const rows = await reader.rows(
        `SELECT DISTINCT name, kind FROM spans WHERE ${condition} ORDER BY name, kind`,
        values,
      );
      return rows.map(([name, kind]): Operation => ({ name: name as string, kind: kindOf(kind) }));
    },
    async dependencies(window) {
      const graph = new DependencyGraph();
      for await (const trace of tracesOf(selectionOf(window), MAX_DEPENDENCY_TRACES)) graph.add(trace);
      return graph.result();
    },
    search: (selection, sort, limit) => searchTraces(reader, selection, sort, limit),
    async summaries(traceIds) {
      return traceIds.length === 0 ? [] : (await reader.rows(summaryStatement(traceIds))).map(foundTrace);
    },
    logs: (traceId, limit) => reader.logs(traceId, limit),
    async countLogs(traceId) {
      return count(`logs WHERE trace_id = ${BigInt(`0x${traceId}`)}`);
    },
    statistics: (selection) => operationRows(reader, selection),
    rank: (operation, duration) => rankRow(reader, operation, duration),
    heatMap: (selection, columns) => heatMapRows(reader, selection, columns),
    async spans(selection, limit) {
      const values = new SqlValues();
      const from = matchingSpans(selection, values, await candidates(reader, selection.filter));
      return reader.spans(`${from} ORDER BY s.start_ns DESC LIMIT ${limit}`, values);
    },
    async runs() {
      const rows = await reader.rows(
        `SELECT r.id, r.started_ms, count(DISTINCT p.trace_id), coalesce(sum(p.spans), 0)
         FROM runs r LEFT JOIN parts p ON p.run = r.id GROUP BY r.id, r.started_ms ORDER BY r.id`,
      );
      return rows.map(([id, startedMs, traces, spans]) => ({
        id: Number(id),
        startedMs: Number(startedMs),
        traces: Number(traces),
        spans: Number(spans),
      }));
    },
    startRun,
    async profile(selection, limit) {
      const profile = new TraceProfile();
      for await (const trace of tracesOf(selection, limit)) profile.add(trace);
      return profile;
    },
    async status() {
      return {
        kind: 'duckdb',
        file: options.file,
        spans: await count('spans'),
        traces: await count('(SELECT DISTINCT trace_id FROM parts)'),
        logs: await count('logs'),
        bytes: await retention.usedBytes(),
        maxBytes: options.maxBytes,
      };
    },
    close() {
      closing ??= closeDatabase(database, writer, retention);
      return closing;
    },
  };

  async function startRun(): Promise<Run> {
    const startedMs = Date.now();
    await writer.exclusively(async () => {
      await database.writer.run(`INSERT INTO runs SELECT coalesce(max(id), 0) + 1, ${startedMs} FROM runs`);
      writer.run = await count('runs');
    });
    return { id: writer.run, startedMs, traces: 0, spans: 0 };
  }

  async function count(from: string): Promise<number> {
    const [[found] = []] = await reader.rows(`SELECT count(*) FROM ${from}`);
    return Number(found ?? 0);
  }

  // Some traces at a time: together they may be more than memory holds.
  async function* tracesOf(selection: Selection, limit: number) {
    const found = await searchTraces(reader, selection, 'latest', limit);
    for (let at = 0; at < found.length; at += TRACES_AT_ONCE) {
      const spans = await spansOf(found.slice(at, at + TRACES_AT_ONCE).map(({ traceId }) => traceId));
      for (const group of groupByTrace(spans).values()) yield buildTrace(group);
    }
  }

  async function spansOf(traceIds: readonly string[]): Promise<Span[]> {
    const ids = `trace_id IN (${traceIds.map((id) => BigInt(`0x${id}`)).join(', ')})`;
    // When they were stored says where in the file they are.
    const [[first, last] = []] = await reader.rows(`SELECT min(stored_ms), max(stored_ms) FROM parts WHERE ${ids}`);
    if (first === null || first === undefined) return [];
    const from = `FROM spans s WHERE s.stored_ms BETWEEN ${first} AND ${last} AND s.${ids}`;
    const names = await reader.rows(`SELECT DISTINCT s.name ${from} LIMIT ${MAX_NAMES}`);
    return reader.spans(
      from,
      new SqlValues(),
      names.map(([name]) => name as string),
    );
  }
}

const TRACES_AT_ONCE = 200;
/** More would have to be looked through for each span. */
const MAX_NAMES = 100;

async function closeDatabase(database: Database, writer: DuckDbWriter, retention: DuckDbRetention): Promise<void> {
  await retention.close();
  try {
    // What is under way is finished, and written to its place in the file.
    await writer.exclusively(async () => {
      await database.writer.run('CHECKPOINT');
    });
  } finally {
    database.close();
  }
}

function kindOf(kind: unknown): NonNullable<Operation['kind']> {
  return SPAN_KINDS[kind as number] ?? 'internal';
}
