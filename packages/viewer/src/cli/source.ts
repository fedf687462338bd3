import { buildTrace, type SpanKind, type Trace } from '@throughline/analysis';
import { openTraces, type TraceQuery, type TraceSource } from '@throughline/readers';
import { viewerPort } from '../viewer-port.ts';
import type { Arguments, OptionTable } from './arguments.ts';
import { NotFoundError, UsageError } from './exit-code.ts';

/** Where the viewer of this machine has them. */
export function viewerSource(env: Readonly<Record<string, string | undefined>>): string {
  return `http://localhost:${viewerPort(env)}/jaeger`;
}

/** Where traces come from unless told otherwise. */
export const DEFAULT_SOURCE = viewerSource({});

/** Whether traces were looked for at the viewer of this machine. */
export function isViewerSource(location: string): boolean {
  return /^http:\/\/localhost:\d+\/jaeger$/.test(location);
}

const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
/** Traces read at the same time. */
const AT_ONCE = 4;

/** The options of commands that read traces. */
export const SOURCE_OPTIONS = {
  source: { value: 'file or address', short: 's', help: 'Where the traces are; - is standard input' },
  header: { value: 'name: value', multiple: true, help: 'A header for the backend, for a token or a tenant' },
} as const satisfies OptionTable;

/** The options of commands that choose traces by their spans. */
export const QUERY_OPTIONS = {
  ...SOURCE_OPTIONS,
  service: { value: 'name', help: 'Of the span' },
  operation: { value: 'name', help: 'The name of the span' },
  kind: { value: 'kind', help: `${KINDS.slice(0, -1).join(', ')} or ${KINDS.at(-1)}` },
  error: { help: 'The span failed' },
  min: { value: 'duration', help: 'The span took at least so long: 250ms, 1.5s' },
  max: { value: 'duration', help: 'The span took at most so long' },
  attribute: { value: 'key=value', short: 'a', multiple: true, help: 'The span or its resource has it' },
  since: { value: 'time', help: 'How long ago (30m, 2d) or when (2026-01-31T12:00); backends: 1h' },
  until: { value: 'time', help: 'The same for the end; now' },
  limit: { value: 'number', short: 'n', help: 'At most so many traces' },
} as const satisfies OptionTable;

/** Opens the source, does something with it and closes it. */
export async function withSource<Result>(
  args: Arguments,
  use: (source: TraceSource) => Promise<Result>,
  location = args.text('source') ?? DEFAULT_SOURCE,
): Promise<Result> {
  const source = await openTraces(location, { headers: headersOf(args.all('header')) });
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/** The traces that a call asks for. */
export function queryOf(args: Arguments, limit: number): TraceQuery {
  const kind = KINDS.find((known) => known === args.text('kind'));
  if (kind === undefined && args.text('kind') !== undefined)
    throw new UsageError(`Expected --kind to be one of ${KINDS.join(', ')}, got ${JSON.stringify(args.text('kind'))}.`);
  const given = {
    service: args.text('service'),
    operation: args.text('operation'),
    kind,
    error: args.flag('error') ? true : undefined,
    minDurationMs: args.duration('min'),
    maxDurationMs: args.duration('max'),
    fromMs: args.moment('since'),
    toMs: args.moment('until'),
  };
  const { fromMs, toMs } = given;
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs)
    throw new UsageError('Expected --since to be before --until.');
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(known),
    attributes: attributesOf(args.all('attribute')),
    limit: args.count('limit') ?? limit,
  };
}

/** One trace by its id, or the latest one. */
export async function traceOf(source: TraceSource, traceId: string | undefined): Promise<Trace> {
  const id = traceId ?? (await source.findTraces({ limit: 1 }))[0]?.traceId;
  if (id === undefined)
    throw new NotFoundError(`There is no trace in ${source.name} of the last hour; name one by its id.`);
  const spans = await source.getTrace(id);
  if (spans === undefined || spans.length === 0)
    throw new NotFoundError(`There is no trace ${id} in ${source.name}. Look for others with throughline find.`);
  return buildTrace(spans);
}

/** All traces that match, whole. */
export async function tracesOf(source: TraceSource, query: TraceQuery): Promise<Trace[]> {
  const ids = (await source.findTraces(query)).map(({ traceId }) => traceId);
  const traces: Trace[] = [];
  const read = async () => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      const spans = await source.getTrace(id);
      if (spans !== undefined && spans.length > 0) traces.push(buildTrace(spans));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, read));
  return traces;
}

function attributesOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined)
        throw new UsageError(`Expected --attribute to be key=value, got ${JSON.stringify(text)}.`);
      return [key, value];
    }),
  );
}

/** The headers that `--header` gives. */
export function headersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):\s*([\t\x20-\x7e]*)$/.exec(text) ?? [];
      // What was given may be a secret, so it is not repeated.
      if (name === undefined || value === undefined) throw new UsageError('Expected --header to be "name: value".');
      return [name, value];
    }),
  );
}
