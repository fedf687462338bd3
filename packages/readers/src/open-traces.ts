import { clickHouseSource } from './clickhouse/clickhouse-source.ts';
import { openFile } from './file-source.ts';
import type { HttpOptions } from './http-client.ts';
import { jaegerSource } from './jaeger/jaeger-source.ts';
import { shownText } from './shown-text.ts';
import { tempoSource } from './tempo-source.ts';
import { type TraceSource, TraceSourceError } from './trace-source.ts';
import { zipkinSource } from './zipkin-source.ts';

/**
 * Opens what holds traces:
 *
 * - `jaeger+http://localhost:16686`, `tempo+http://…`, `zipkin+https://…`,
 *   `clickhouse+http://localhost:8123/database?table=otel_traces`: a backend, with its base path. The address may hold credentials,
 *   `zipkin+https://user:password@…`.
 * - `http://localhost:4318`, without saying what it is: what speaks Jaeger's API, as the viewer does.
 * - `traces.json`: a file of spans, in any format that `readSpans` of @throughline/analysis knows, packed or not.
 * - `-`: the same from standard input.
 *
 * @throws {TraceSourceError} if a file cannot be read, or there is no such backend. A server is first asked by a method.
 */
export async function openTraces(location: string, options: HttpOptions = {}): Promise<TraceSource> {
  const [, scheme, address] = /^(?:(\w+)\+)?(https?:\/\/.*)$/i.exec(location) ?? [];
  if (address === undefined) return openFile(location);
  const open = BACKENDS.get(scheme?.toLowerCase() ?? 'jaeger');
  if (open !== undefined && URL.canParse(address)) return open(new URL(address), options);
  const endpoint = shownText(location.replace(/\/\/[^/]*@/, '//'), 200);
  const known = [...BACKENDS.keys()].map((name) => `${name}+http://…`).join(', ');
  throw new TraceSourceError(
    endpoint,
    `[readers] Expected a file, or an address like ${known}; got ${JSON.stringify(endpoint)}.`,
  );
}

const BACKENDS: ReadonlyMap<string, (address: URL, options: HttpOptions) => TraceSource> = new Map([
  ['jaeger', jaegerSource],
  ['tempo', tempoSource],
  ['zipkin', zipkinSource],
  ['clickhouse', clickHouseSource],
]);
