import { bottlenecks, criticalPath, selfTimes, type Trace } from '@throughline/analysis';
import { countText, durationText, shareText } from '../cli/figures.ts';
import { clipped, clippedValue, milliseconds, share } from './bounded.ts';
import { pathSteps } from './path-steps.ts';
import { COUNT, NUMBER, rowsOf, SHARE, TEXT } from './result-schema.ts';
import { type Asked, type Tool, TRACE_ID, textFrom } from './tool.ts';

const MOST = { services: 20, errors: 10, logs: 10, steps: 5, saves: 3, attributes: 40, events: 10 };
/** `WARN` of OpenTelemetry. */
const WARNING = 13;
const LONG = 300;
const PAIRS = rowsOf({ key: TEXT, value: TEXT });

export const summarizeTool: Tool = {
  name: 'summarize_trace',
  title: 'Summarize a trace',
  description:
    'One request at a glance: what it was, how long it took and where the time went, which services took part, what failed, and what its log lines warn of. Ask this first about a trace.',
  arguments: { trace_id: TRACE_ID },
  required: ['trace_id'],
  result: {
    trace_id: TEXT,
    link: TEXT,
    service: TEXT,
    name: TEXT,
    status: TEXT,
    started_at: TEXT,
    duration_ms: NUMBER,
    spans: COUNT,
    services: rowsOf({ name: TEXT, spans: COUNT, self_time_ms: NUMBER }),
    error_count: COUNT,
    errors: rowsOf({ span_id: TEXT, service: TEXT, name: TEXT, message: TEXT }),
    where_time_went: rowsOf({ service: TEXT, name: TEXT, time_ms: NUMBER, share: SHARE }),
    would_save: rowsOf({ kind: TEXT, service: TEXT, name: TEXT, saves_ms: NUMBER }),
    log_lines: COUNT,
    logs: rowsOf({ level: TEXT, service: TEXT, span_id: TEXT, text: TEXT }),
    warnings: COUNT,
  },
  sometimes: ['link'],
  async run(given, asked) {
    const trace = await asked.traces.trace(textFrom(given, 'trace_id'));
    const path = criticalPath(trace);
    const whole = path.root === undefined ? 0 : path.root.end - path.root.start;
    const data = {
      trace_id: trace.traceId,
      ...(asked.page !== undefined && { link: `${asked.page}/trace/${trace.traceId}` }),
      service: clipped(path.root?.span.resource.service ?? ''),
      name: clipped(path.root?.span.name ?? ''),
      status: path.root?.span.status ?? 'unset',
      started_at: momentOf(trace.startUnixNano),
      duration_ms: milliseconds(trace.duration),
      spans: trace.spans.length,
      services: servicesOf(trace),
      ...errorsOf(trace),
      where_time_went: pathSteps(path)
        .slice(0, MOST.steps)
        .map(({ service, name, time }) => ({ service, name, time_ms: milliseconds(time), share: partOf(time, whole) })),
      would_save: bottlenecks(trace, path)
        .slice(0, MOST.saves)
        .map(({ kind, service, name, drag }) => ({
          kind,
          service: clipped(service),
          name: clipped(name),
          saves_ms: milliseconds(drag),
        })),
      ...(await logsOf(trace, asked)),
      warnings: trace.warnings.length,
    };
    return {
      lines: [
        `${data.service} ${data.name}: ${durationText(trace.duration)}, ${countText(data.spans, 'span')}, ${countText(data.error_count, 'error')}, started ${data.started_at}, status ${data.status}`,
        ...(data.link === undefined ? [] : [`to look at: ${data.link}`]),
        ...data.services.map(
          (row) => `service ${row.name}: ${countText(row.spans, 'span')}, ${row.self_time_ms} ms of its own`,
        ),
        ...data.where_time_went.map((row) => `${row.time_ms} ms (${shareText(row.share)}) ${row.service} ${row.name}`),
        ...data.would_save.map((row) => `would save ${row.saves_ms} ms: ${row.kind} ${row.service} ${row.name}`),
        ...data.errors.map((row) => `error in ${row.service} ${row.name}, span ${row.span_id}: ${row.message || '?'}`),
        ...data.logs.map((row) => `${row.level} of ${row.service}: ${row.text}`),
        ...(data.warnings === 0 ? [] : [`${data.warnings} flaws in the data, such as spans whose parent is missing`]),
      ],
      data,
    };
  },
};

export const spanTool: Tool = {
  name: 'show_span',
  title: 'Show a span',
  description:
    'One span in full: attributes such as the SQL text or the URL, events such as exceptions, and whether it was slow for what it is.',
  arguments: {
    trace_id: TRACE_ID,
    span_id: { type: 'string', pattern: '^[0-9a-fA-F]{1,16}$', description: 'Span id, hexadecimal' },
  },
  required: ['trace_id', 'span_id'],
  result: {
    service: TEXT,
    name: TEXT,
    kind: TEXT,
    status: TEXT,
    status_message: TEXT,
    starts_after_ms: NUMBER,
    duration_ms: NUMBER,
    attributes: PAIRS,
    more_attributes: COUNT,
    events: rowsOf({ name: TEXT, after_ms: NUMBER, attributes: PAIRS }),
    slower_than: SHARE,
    of_spans: COUNT,
    p50_ms: NUMBER,
    p95_ms: NUMBER,
  },
  async run(given, { traces }) {
    const [traceId, spanId] = [textFrom(given, 'trace_id'), textFrom(given, 'span_id').padStart(16, '0')];
    const details = await traces.span(traceId, spanId);
    const found = (await traces.trace(traceId)).byId.get(spanId.toLowerCase());
    const data = {
      service: clipped(found?.span.resource.service ?? ''),
      name: clipped(found?.span.name ?? ''),
      kind: found?.span.kind ?? 'internal',
      status: found?.span.status ?? 'unset',
      status_message: clipped(details.statusMessage ?? '', LONG),
      starts_after_ms: milliseconds(found?.start ?? 0),
      duration_ms: milliseconds(found === undefined ? 0 : found.end - found.start),
      attributes: details.attributes.slice(0, MOST.attributes).map(pair),
      more_attributes: Math.max(0, details.attributes.length - MOST.attributes),
      events: details.events.slice(0, MOST.events).map(({ name, time, attributes }) => ({
        name: clipped(name),
        after_ms: milliseconds(time),
        attributes: attributes.slice(0, MOST.events).map(pair),
      })),
      slower_than: share(details.rank.percentile),
      of_spans: details.rank.spans,
      p50_ms: milliseconds(details.rank.p50),
      p95_ms: milliseconds(details.rank.p95),
    };
    return {
      lines: [
        `${data.service} ${data.name} (${data.kind}, ${data.status}): ${data.duration_ms} ms, after ${data.starts_after_ms} ms`,
        `slower than ${shareText(data.slower_than)} of ${data.of_spans} such spans (p50 ${data.p50_ms} ms, p95 ${data.p95_ms} ms)`,
        ...(data.status_message === '' ? [] : [`message: ${data.status_message}`]),
        ...data.attributes.map(({ key, value }) => `${key} = ${value}`),
        ...data.events.flatMap(({ name, attributes }) => [
          `event ${name}`,
          ...attributes.map(({ key, value }) => `  ${key} = ${value}`),
        ]),
      ],
      data,
    };
  },
};

function servicesOf(trace: Trace) {
  const own = selfTimes(trace);
  const services = new Map<string, { spans: number; time: number }>();
  for (const { span, index } of trace.spans) {
    const service = services.get(span.resource.service) ?? { spans: 0, time: 0 };
    services.set(span.resource.service, { spans: service.spans + 1, time: service.time + (own[index] ?? 0) });
  }
  return [...services]
    .sort(([, a], [, b]) => b.time - a.time)
    .slice(0, MOST.services)
    .map(([name, { spans, time }]) => ({ name: clipped(name), spans, self_time_ms: milliseconds(time) }));
}

function errorsOf({ spans }: Trace) {
  const failed = spans.filter(({ span }) => span.status === 'error');
  // The deepest is nearest to where it went wrong.
  const shown = [...failed].sort((a, b) => b.depth - a.depth).slice(0, MOST.errors);
  return {
    error_count: failed.length,
    errors: shown.map(({ span }) => ({
      span_id: span.spanId,
      service: clipped(span.resource.service),
      name: clipped(span.name),
      message: clipped(span.statusMessage || clippedValue(span.attributes['error.type'] ?? ''), LONG),
    })),
  };
}

async function logsOf({ traceId }: Trace, { store }: Asked) {
  const logs = await store.logs(traceId, 1000);
  return {
    log_lines: logs.length,
    logs: logs
      .filter(({ severity }) => severity >= WARNING)
      .slice(0, MOST.logs)
      .map(({ severityText = 'WARN', resource, body, spanId = '' }) => ({
        level: clipped(severityText),
        service: clipped(resource.service),
        span_id: spanId,
        text: clippedValue(body, LONG),
      })),
  };
}

function pair([key, value]: readonly [string, unknown]) {
  return { key: clipped(key), value: clippedValue(value, LONG) };
}

function partOf(time: number, whole: number): number {
  return share(whole === 0 ? 0 : time / whole);
}

/** A moment as ISO 8601 has it, or nothing where it is none. */
export function momentOf(unixNano: bigint | string): string {
  const date = new Date(Number(BigInt(unixNano) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
