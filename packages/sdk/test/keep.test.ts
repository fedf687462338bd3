import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Attributes, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { tracedListener, withSpan } from '@throughline/core';
import { noteErrorLine } from '@throughline/core/trace-keepers';
import {
  keepTrace,
  type SamplingOptions,
  type StartTracingOptions,
  startTracing,
  type Tracing,
} from '@throughline/sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accept, type Collector, hang, startCollector } from './collector.ts';
import { type DecodedSpan, decodeTraces } from './recorder/decode-otlp.ts';

let collector: Collector;
let tracing: Tracing | undefined;

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
  collector = await startCollector();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  collector.answer = accept;
  await tracing?.shutdown();
  tracing = undefined;
  await collector.close();
});

function start(sampling: SamplingOptions, options: StartTracingOptions = {}): Tracing {
  tracing = startTracing({
    serviceName: 'shop',
    endpoint: collector.url,
    flushTimeoutMs: 30_000,
    sampling,
    ...options,
  });
  return tracing;
}

function arrived(): DecodedSpan[] {
  return collector.exports.flatMap(({ body }) =>
    decodeTraces(body).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

function names(): string[] {
  return arrived().map(({ name }) => name);
}

function attribute(span: DecodedSpan, name: string): unknown {
  return Object.values(span.attributes.find(({ key }) => key === name)?.value ?? {})[0];
}

/** A request of a caller in another service, which has not sampled it. */
function serve<Result>(name: string, run: (span: Span) => Result): Result {
  const caller = { traceId: randomHex(32), spanId: randomHex(16), traceFlags: 0, isRemote: true };
  const parent = trace.setSpanContext(context.active(), caller);
  return context.with(parent, () => withSpan(name, { kind: SpanKind.SERVER }, run));
}

function randomHex(length: number): string {
  return Array.from({ length }, () => (1 + Math.floor(Math.random() * 15)).toString(16)).join('');
}

function fail(): void {
  expect(() =>
    withSpan('pay', () => {
      throw new Error('declined');
    }),
  ).toThrow('declined');
}

const ways: [string, StartTracingOptions][] = [
  ['recorded spans', {}],
  [
    "the SDK's spans",
    {
      spanProcessors: [{ onStart: () => {}, onEnd: () => {}, forceFlush: async () => {}, shutdown: async () => {} }],
    },
  ],
];

describe.each(ways)('with %s', (_name, way) => {
  it('exports the whole local trace of an error at a ratio of 0, and nothing else', async () => {
    const { flush, stats } = start({ ratio: 0, keep: {} }, way);
    for (const request of ['ordinary', 'failed', 'another']) {
      serve(request, () => {
        withSpan('before', () => {});
        if (request === 'failed') fail();
        withSpan('after', () => {});
      });
    }
    await flush();
    expect(names().sort()).toEqual(['after', 'before', 'failed', 'pay']);
    const spans = arrived();
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    for (const span of spans) {
      expect(span.flags & 1).toBe(1);
      expect(span.traceState).toBe('ot=th:0');
      expect(attribute(span, 'sampling.reason')).toBe('error');
    }
    expect(stats()).toMatchObject({ exported: 4, dropped: 0, pending: 0, hold: { kept: 4, held: 6, dropped: 0 } });
  });

  it('takes a log line of the level error for an error, wherever it is logged in the trace', async () => {
    const { flush, stats } = start({ ratio: 0, keep: {} }, way);
    serve('with an error line', () => {
      withSpan('before', () => {});
      withSpan('logging', noteErrorLine);
    });
    serve('without', () => {});
    noteErrorLine();
    await flush();
    expect(names().sort()).toEqual(['before', 'logging', 'with an error line']);
    for (const span of arrived()) expect(attribute(span, 'sampling.reason')).toBe('log');
    expect(stats().hold).toMatchObject({ kept: 3, held: 1 });
  });

  it('takes no log line for an error where errors are not to be kept', () => {
    const { stats } = start({ ratio: 0, keep: { errors: false } }, way);
    serve('with an error line', noteErrorLine);
    expect(stats().hold).toMatchObject({ kept: 0, held: 1 });
  });

  it('exports slow requests, and those that the application asks for', async () => {
    const { flush } = start({ ratio: 0, keep: { slowerThan: '1s', routes: { '/search': '10s' } } }, way);
    const tracer = trace.getTracer('test');
    const request = (name: string, ms: number, attributes = {}) =>
      tracer.startSpan(name, { root: true, startTime: 1_700_000_000_000, attributes }).end(1_700_000_000_000 + ms);
    request('fast', 900);
    request('slow', 1100);
    request('search', 1100, { 'http.route': '/search' });
    request('slow search', 10_001, { 'http.route': '/search' });
    serve('asked for', () => expect(keepTrace()).toBe(true));
    await flush();
    expect(arrived().map((span) => [span.name, attribute(span, 'sampling.reason')])).toEqual([
      ['slow', 'slow'],
      ['slow search', 'slow'],
      ['asked for', 'explicit'],
    ]);
  });

  it('exports what the ratio samples as before, with its share', async () => {
    const { flush, stats } = start({ ratio: 0.5, keep: {} }, way);
    for (let index = 0; index < 400; index++) {
      const root = trace.getTracer('test').startSpan('root', { root: true });
      if (index % 4 === 0) root.setStatus({ code: 2 });
      root.end();
    }
    await flush();
    const spans = arrived();
    const byChance = spans.filter((span) => attribute(span, 'sampling.reason') === undefined);
    expect(byChance.every(({ traceState }) => traceState === 'ot=th:8')).toBe(true);
    expect(byChance.length).toBeGreaterThan(120);
    expect(byChance.length).toBeLessThan(280);
    expect(spans.filter(({ status }) => status?.code === 2)).toHaveLength(100);
    const { hold, exported } = stats();
    expect(exported).toBe(spans.length);
    expect((hold?.held ?? 0) + (hold?.kept ?? 0) + byChance.length).toBe(400);
  });

  it('tells services that are called after the error to keep their part', () => {
    start({ ratio: 0, keep: {} }, way);
    const flags = (): number | undefined => trace.getActiveSpan()?.spanContext().traceFlags;
    serve('request', () => {
      expect(withSpan('first call', () => (flags() ?? 0) & 1)).toBe(0);
      fail();
      expect(withSpan('second call', () => (flags() ?? 0) & 1)).toBe(1);
    });
  });

  it('exports at the shutdown what was kept, and lets go of the rest', async () => {
    const { shutdown, stats } = start({ ratio: 0, keep: { slowerThan: '1s' } }, way);
    serve('ordinary', () => {});
    serve('failed', fail);
    const open = trace.getTracer('test').startSpan('open', { root: true });
    await shutdown();
    open.end();
    expect(names().sort()).toEqual(['failed', 'pay']);
    expect(stats()).toMatchObject({ exported: 2, dropped: 0, pending: 0, hold: { held: 0, heldBytes: 0, dropped: 1 } });
    expect(serve('later', keepTrace)).toBe(false);
  });

  it('keeps within the deadline when the collector hangs, and holds no more than it may', async () => {
    collector.answer = hang;
    const options = { ...way, flushTimeoutMs: 200 };
    const { shutdown, stats } = start({ ratio: 0, keep: { maxBytes: 20_000, perSecond: 1e6 } }, options);
    for (let index = 0; index < 5000; index++) serve('request', index % 2 === 0 ? fail : () => {});
    expect(stats().hold?.heldBytes).toBeLessThanOrEqual(20_000);
    expect(stats().hold?.evicted).toBeGreaterThan(2400);
    expect(stats().pending).toBeLessThanOrEqual(2048 + 512);
    // The collector never answers: only the deadline ends this.
    await shutdown();
    const { exported, failed, dropped, pending } = stats();
    expect(exported + failed + dropped + pending).toBe(5000);
  });
});

it('draws a kept trace as one on the console', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  tracing = startTracing({ serviceName: 'shop', exporter: 'console', sampling: { ratio: 0, keep: {} } });
  serve('ordinary', () => {});
  serve('request', () => {
    withSpan('before', () => {});
    fail();
  });
  const drawn = write.mock.calls.map(([text]) => String(text));
  write.mockRestore();
  expect(drawn).toHaveLength(1);
  for (const name of ['request', 'before', 'pay']) expect(drawn[0]).toContain(name);
});

it('knows a stream of events while it is open, so that it is not kept as slow', async () => {
  start({ ratio: 0, keep: { slowerThan: '1ms' } });
  let seen: unknown;
  const listener = tracedListener((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    seen = (trace.getActiveSpan() as Span & { attributes: Attributes }).attributes['throughline.long_lived'];
    response.end();
  });
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('data: 1\n\n');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(seen).toBe('sse');
});

it('holds behind a limit and targets too, and beside their observer', async () => {
  const { flush, shutdown } = start({ ratio: 0, perSecond: 5, keep: {} });
  serve('failed', fail);
  await flush();
  await shutdown();
  const second = start({ ratio: 0, adaptive: { target: 5, errors: {} }, keep: {} });
  serve('failed', fail);
  await second.flush();
  expect(names()).toEqual(['pay', 'failed', 'pay', 'failed']);
});

it.each([
  [{ keep: true }, '[sdk] Expected `sampling.keep` to be an object, got boolean.'],
  [{ keep: { slowerThan: 'soon' } }, '[sampling] Expected `keep.slowerThan` to be'],
  [{ keep: { routes: { search: '1s' } } }, '[sampling] Expected the names in `keep.routes` to be a route pattern'],
  [{ keep: { error: true } }, '[sampling] There is no option `keep.error`. Use one of `keep.errors`'],
])('rejects the options %j', (sampling, message) => {
  expect(() => start(sampling as object)).toThrow(message);
});
