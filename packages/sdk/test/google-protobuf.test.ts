import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { diag, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { type StartTracingOptions, startTracing } from '@throughline/sdk';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { type Collector, startCollector } from './collector.ts';
import { program, runPrograms } from './recorder/span-programs.ts';

const PROGRAMS = 400;
const reader = fileURLToPath(new URL('./recorder/google-protobuf.py', import.meta.url));
let collector: Collector;

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
  vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '5000');
  vi.stubEnv('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '6');
  vi.stubEnv('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '40');
  vi.stubEnv('OTEL_SPAN_EVENT_COUNT_LIMIT', '3');
  vi.stubEnv('OTEL_SPAN_LINK_COUNT_LIMIT', '2');
  vi.stubEnv('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', '2');
  vi.stubEnv('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', '2');
  collector = await startCollector();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

const bystander: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

const ways: [string, StartTracingOptions][] = [
  ['the recorder', {}],
  ['the recorder, behind a hold', { sampling: { ratio: 0, keep: {} } }],
  ['the SDK, as protobuf', { spanProcessors: [bystander] }],
  ['the SDK, as JSON', { exporter: 'otlp-json' }],
];

describeWithService('python', "Google's protobuf", () => {
  it.each(ways)('finds nothing wrong with any span that %s exports', async (_title, options) => {
    const seed = Date.now() % 2 ** 31;
    console.info(`seed ${seed}`);
    const tracing = startTracing({
      serviceName: 'random',
      endpoint: collector.url,
      flushTimeoutMs: 60_000,
      ...options,
    });
    diag.disable(); // the SDK has something to say about every one
    const tracer = trace.getTracer('programs', '1.0');
    runPrograms(tracer, fc.sample(program, { seed, numRuns: PROGRAMS }));
    // What no generator makes: halves of a character, the limits of numbers, the end before the beginning.
    tracer
      .startSpan('half \ud83d of one', {
        kind: SpanKind.CONSUMER,
        startTime: Date.now() + 60_000,
        attributes: {
          'half \udc00': 'a\ud800',
          low: Number.MIN_SAFE_INTEGER,
          high: 2 ** 64,
          minusZero: -0,
          holes: ['a', null],
        },
      })
      .setStatus({ code: 2, message: 'half \ud800' })
      .end();
    await tracing.shutdown();

    const { counts, violations } = read(collector.exports);
    expect(violations, `seed ${seed}`).toEqual([]);
    const { exported, failed, dropped, hold } = tracing.stats();
    expect({ failed, dropped }).toEqual({ failed: 0, dropped: 0 });
    expect(counts.spans).toBe(exported);
    // Behind a hold only what failed, or what a caller has sampled, comes through.
    expect(exported).toBeGreaterThan(hold === undefined ? PROGRAMS : PROGRAMS / 10);
    for (const kind of ['string_value', 'int_value', 'double_value', 'bool_value', 'array_value'])
      expect(counts[`attributes: ${kind}`], kind).toBeGreaterThan(0);
    for (const what of ['attributes', 'events', 'links', 'event attributes', 'link attributes'])
      expect(counts[`dropped: ${what}`], `dropped ${what}`).toBeGreaterThan(0);
  });

  it('finds what is wrong: a request that is cut, a field nobody knows, an id of zeros', async () => {
    const tracing = startTracing({ serviceName: 'random', endpoint: collector.url, flushTimeoutMs: 60_000 });
    const span = trace.getTracer('one').startSpan('one');
    span.end();
    await tracing.shutdown();
    expect(span.spanContext().traceFlags & TraceFlags.SAMPLED).toBe(1);
    const [{ path, headers, body }] = collector.exports as [(typeof collector.exports)[number]];
    const exported = (wrong: Buffer) => ({ path, headers, body: wrong });
    const zeroed = Buffer.from(body);
    const at = zeroed.indexOf(Buffer.from(span.spanContext().traceId, 'hex'));
    zeroed.fill(0, at, at + 16);
    const { violations } = read([
      exported(body.subarray(0, -3)),
      exported(Buffer.concat([body, Buffer.from([0x7a, 0x01, 0x00])])),
      exported(zeroed),
    ]);
    expect(violations).toEqual([
      expect.stringMatching(/^unreadable/),
      expect.stringMatching(/^unknown field: 15 of/),
      expect.stringMatching(/^trace_id must be 16 bytes/),
    ]);
  });
});

type Findings = { readonly counts: Readonly<Record<string, number>>; readonly violations: readonly string[] };

/** What Google's protobuf reads in these requests. */
function read(exports: Collector['exports']): Findings {
  const input = exports.flatMap(({ headers, body }) => {
    const head = Buffer.alloc(5);
    head.write(headers['content-type'] === 'application/json' ? 'j' : 'p', 'latin1');
    head.writeUInt32BE(body.length, 1);
    return [head, body];
  });
  const options = { input: Buffer.concat(input), maxBuffer: 1 << 26, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.env.THROUGHLINE_TEST_PYTHON as string, [reader], options);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}
