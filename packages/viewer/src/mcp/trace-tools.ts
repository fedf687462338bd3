import { bottlenecks, compare, criticalPath } from '@throughline/analysis';
import { durationText, shareText } from '../cli/figures.ts';
import { clipped, milliseconds, share } from './bounded.ts';
import { pathSteps } from './path-steps.ts';
import { COUNT, NUMBER, objectOf, rowsOf, SHARE, TEXT } from './result-schema.ts';
import { countFrom, limitOf, type Tool, TRACE_ID, textFrom } from './tool.ts';

/** What a change of less than so many nanoseconds is called: none. */
const LEAST_CHANGE = 1000;

const FIGURES = objectOf({ spans: COUNT, errors: COUNT, self_time_ms: NUMBER });

const CAUSES: Readonly<Record<string, string>> = {
  database: 'the database',
  external: 'a service that records no spans',
  network: 'between caller and callee',
  queue: 'waiting in a queue',
  wait: 'waiting for a lock, a pool or a timer',
  cpu: 'its own code, or what it does not trace',
  'n+1': 'the same call again and again; one call for all would save this',
  sequential: 'calls one after another; at once they would save this',
};

export const criticalPathTool: Tool = {
  name: 'critical_path',
  title: 'Critical path',
  description:
    'Where the time of one request went: the operations that its duration consists of, with their shares, largest first. Their times sum to the duration. Work that ran beside it is left out.',
  arguments: { trace_id: TRACE_ID, limit: limitOf(20, 50) },
  required: ['trace_id'],
  result: {
    duration_ms: NUMBER,
    steps: rowsOf({
      service: TEXT,
      name: TEXT,
      time_ms: NUMBER,
      share: SHARE,
      spans: COUNT,
      first_after_ms: NUMBER,
    }),
    more_steps: COUNT,
    asynchronous_spans: COUNT,
  },
  async run(given, { traces }) {
    const trace = await traces.trace(textFrom(given, 'trace_id'));
    const path = criticalPath(trace);
    const all = pathSteps(path);
    const steps = all.slice(0, countFrom(given, 20));
    const whole = path.root === undefined ? 0 : path.root.end - path.root.start;
    return {
      lines: [
        `${durationText(whole)} from the start of the root to its end:`,
        ...steps.map(
          ({ service, name, time, spans, first }) =>
            `${durationText(time)} (${shareText(whole === 0 ? 0 : time / whole)}) ${service} ${name}, ${spans} spans, first after ${durationText(first)}`,
        ),
        ...(all.length > steps.length ? [`and ${all.length - steps.length} more operations`] : []),
        ...(path.asynchronous.length > 0 ? [`${path.asynchronous.length} spans that nobody waited for`] : []),
      ],
      data: {
        duration_ms: milliseconds(whole),
        steps: steps.map(({ service, name, time, spans, first }) => ({
          service,
          name,
          time_ms: milliseconds(time),
          share: share(whole === 0 ? 0 : time / whole),
          spans,
          first_after_ms: milliseconds(first),
        })),
        more_steps: all.length - steps.length,
        asynchronous_spans: path.asynchronous.length,
      },
    };
  },
};

export const bottlenecksTool: Tool = {
  name: 'bottlenecks',
  title: 'Bottlenecks',
  description:
    'What to change first to make one request faster: what each part of it would save, the most first; finds N+1 queries and calls that could run at once.',
  arguments: { trace_id: TRACE_ID, limit: limitOf(10, 50) },
  required: ['trace_id'],
  result: {
    bottlenecks: rowsOf({
      kind: TEXT,
      service: TEXT,
      name: TEXT,
      spans: COUNT,
      time_ms: NUMBER,
      saves_ms: NUMBER,
      example_span_id: TEXT,
    }),
    more: COUNT,
  },
  async run(given, { traces }) {
    const all = bottlenecks(await traces.trace(textFrom(given, 'trace_id')));
    const found = all.slice(0, countFrom(given, 10)).map(({ kind, service, name, spans, time, drag }) => ({
      kind,
      service: clipped(service),
      name: clipped(name),
      time,
      drag,
      spans: spans.length,
      span: spans[0]?.span.spanId ?? '',
    }));
    return {
      lines: [
        ...found.map(
          ({ kind, service, name, time, drag, spans, span }) =>
            `saves ${durationText(drag)} of ${durationText(time)}: ${kind} (${CAUSES[kind] ?? kind}), ${service} ${name}, ${spans} spans, one is ${span}`,
        ),
        ...(all.length > found.length ? [`and ${all.length - found.length} more`] : []),
      ],
      data: {
        bottlenecks: found.map(({ time, drag, span, ...rest }) => ({
          ...rest,
          time_ms: milliseconds(time),
          saves_ms: milliseconds(drag),
          example_span_id: span,
        })),
        more: all.length - found.length,
      },
    };
  },
};

export const compareTool: Tool = {
  name: 'compare_traces',
  title: 'Compare two traces',
  description:
    'What differs between two requests of the same sort, such as a fast and a slow one: call paths that are new, gone, slower or faster, by self time, the largest change first.',
  arguments: {
    before: { ...TRACE_ID, description: 'Trace id of the usual or earlier one' },
    after: { ...TRACE_ID, description: 'Trace id of the slow or later one' },
    limit: limitOf(20, 50),
  },
  required: ['before', 'after'],
  result: {
    before_ms: NUMBER,
    after_ms: NUMBER,
    paths: rowsOf({
      service: TEXT,
      name: TEXT,
      is: { enum: ['new', 'gone', 'changed'] },
      difference_ms: NUMBER,
      before: FIGURES,
      after: FIGURES,
    }),
    more_paths: COUNT,
  },
  async run(given, { traces }) {
    const [before, after] = [
      await traces.trace(textFrom(given, 'before')),
      await traces.trace(textFrom(given, 'after')),
    ];
    const comparison = compare(before, after);
    const changed = comparison.paths
      .filter((path) => Math.abs(path.difference) >= LEAST_CHANGE || path.before?.errors !== path.after?.errors)
      .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
    const rows = changed.slice(0, countFrom(given, 20)).map((path) => ({
      service: clipped(path.service),
      name: clipped(path.name),
      is: path.before === undefined ? 'new' : path.after === undefined ? 'gone' : 'changed',
      difference_ms: milliseconds(path.difference),
      before: figures(path.before),
      after: figures(path.after),
    }));
    const [was, is] = [comparison.before.duration, comparison.after.duration];
    return {
      lines: [
        `${durationText(was)} before, ${durationText(is)} after`,
        ...rows.map(
          (row) =>
            `${row.difference_ms > 0 ? '+' : ''}${row.difference_ms} ms ${row.is} ${row.service} ${row.name}: ${row.before.spans} to ${row.after.spans} spans, ${row.before.errors} to ${row.after.errors} errors`,
        ),
        ...(changed.length > rows.length ? [`and ${changed.length - rows.length} more paths`] : []),
      ],
      data: {
        before_ms: milliseconds(was),
        after_ms: milliseconds(is),
        paths: rows,
        more_paths: changed.length - rows.length,
      },
    };
  },
};

function figures(of: { spans: number; errors: number; selfTime: number } | undefined) {
  return { spans: of?.spans ?? 0, errors: of?.errors ?? 0, self_time_ms: milliseconds(of?.selfTime ?? 0) };
}
