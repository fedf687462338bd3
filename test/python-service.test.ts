import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-node';
import { tracedFetch } from '@throughline/clients/fetch';
import { tracing as expressTracing } from '@throughline/express';
import { tracing as fastifyTracing } from '@throughline/fastify';
import { compositePropagator, type PropagatorName } from '@throughline/propagators';
import { startTracing, type Tracing } from '@throughline/sdk';
import express from 'express';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeWithService } from './service.ts';

// Traces that our services and one on FastAPI with OpenTelemetry for Python have in common.

type Answer = {
  readonly service: string;
  readonly traceId: string;
  readonly sampled: boolean;
  readonly baggage: Readonly<Record<string, string>>;
  readonly next: Answer | null;
};
type PythonSpan = { name: string; kind: string; spanId: string; parentSpanId: string | null };
type Application = { readonly url: string; close(): Promise<unknown> };

/** Each format of headers, and the variable that says where the service is that speaks it. */
const formats: [string, PropagatorName, string][] = [
  ['W3C', 'tracecontext', 'THROUGHLINE_TEST_PYTHON_URL'],
  ['B3 in one header', 'b3', 'THROUGHLINE_TEST_PYTHON_B3_URL'],
  ['B3 in several headers', 'b3multi', 'THROUGHLINE_TEST_PYTHON_B3MULTI_URL'],
];

let spans: InMemorySpanExporter;
let tracing: Tracing;
const running: Application[] = [];

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(running.splice(0).map((application) => application.close()));
  await tracing.shutdown();
});

describeWithService('python', 'beside a Python service', () => {
  describe.each(formats)('by %s', (_title, format, variable) => {
    const python = process.env[variable] ?? '';

    function start(ratio: number): void {
      spans = new InMemorySpanExporter();
      const names = [format, 'baggage'] as const;
      tracing = startTracing({
        serviceName: 'ours',
        exporter: spans,
        sampling: { ratio },
        propagator: compositePropagator({ extract: names, inject: names }),
      });
    }

    it('Express calls Python, which calls Fastify: one trace, each span under its caller', async () => {
      start(1);
      const last = await startFastify();
      const first = await startExpress(relay(python, relay(last.url)));
      const answer = await get(relay(first.url));
      expect(services(answer)).toEqual(['express', 'python', 'fastify']);
      expect(traceIds(answer)).toEqual(Array(3).fill(answer.traceId));
      expect(await chain(answer.traceId, python)).toEqual([
        'ours SERVER GET /relay',
        'ours CLIENT GET',
        'python SERVER GET /relay',
        'python CLIENT GET',
        'ours SERVER GET /relay',
      ]);
    });

    it('Python calls Express, which calls Python: one trace, each span under its caller', async () => {
      start(1);
      const middle = await startExpress(relay(python));
      const answer = await get(relay(python, relay(middle.url)));
      expect(services(answer)).toEqual(['python', 'express', 'python']);
      expect(await chain(answer.traceId, python)).toEqual([
        'python SERVER GET /relay',
        'python CLIENT GET',
        'ours SERVER GET /relay',
        'ours CLIENT GET',
        'python SERVER GET /relay',
      ]);
    });

    it('baggage of either side arrives at the other, whatever characters it has', async () => {
      start(1);
      const last = await startFastify();
      const first = await startExpress(relay(python, relay(last.url)), { tier: 'gold,24+k;"½"=%41\\☂' });
      const { next: seenByPython } = await get(relay(first.url));
      expect(seenByPython?.baggage).toEqual({ tier: 'gold,24+k;"½"=%41\\☂' });
      expect(seenByPython?.next?.baggage).toEqual({ tier: 'gold,24+k;"½"=%41\\☂', through: 'python✓' });
    });

    // Python's propagator writes it so, and a plus sign is one by the specification; reading it as a space would spoil others'.
    it('a space in baggage arrives at Python as it is, and comes from there as a plus sign', async () => {
      start(1);
      const last = await startFastify();
      const first = await startExpress(relay(python, relay(last.url)), { tier: 'very gold' });
      const { next: seenByPython } = await get(relay(first.url));
      expect(seenByPython?.baggage.tier).toBe('very gold');
      expect(seenByPython?.next?.baggage.tier).toBe('very+gold');
    });

    it('what is not sampled at its beginning is sampled nowhere, and keeps its trace id', async () => {
      start(0);
      const last = await startFastify();
      const first = await startExpress(relay(python, relay(last.url)));
      const answer = await get(relay(first.url));
      expect(sampled(answer)).toEqual([false, false, false]);
      expect(traceIds(answer)).toEqual(Array(3).fill(answer.traceId));
      expect(await spansOf(answer.traceId, python)).toEqual([]);
    });

    it('what Python samples is sampled by us, though we would sample nothing', async () => {
      start(0);
      const middle = await startExpress(relay(python));
      const answer = await get(relay(python, relay(middle.url)));
      expect(sampled(answer)).toEqual([true, true, true]);
      expect(await chain(answer.traceId, python)).toHaveLength(5);
    });
  });
});

/** The URL at which a service calls the next one, if there is one. */
function relay(service: string, next?: string): string {
  return `${service}/relay${next === undefined ? '' : `?next=${encodeURIComponent(next)}`}`;
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  return (await response.json()) as Answer;
}

async function startExpress(next: string, baggage: Record<string, string> = {}): Promise<Application> {
  const app = express().use(expressTracing());
  app.get('/relay', async (_request, response) => {
    const seen = answer('express');
    const entries = Object.fromEntries(Object.entries(baggage).map(([key, value]) => [key, { value }]));
    const own = propagation.createBaggage(entries);
    const call = (): Promise<Answer> => tracedFetch()(next).then((answered) => answered.json() as Promise<Answer>);
    const inside = baggage.tier === undefined ? context.active() : propagation.setBaggage(context.active(), own);
    response.json({ ...seen, next: await context.with(inside, call) });
  });
  const server = createServer(app);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return keep({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  });
}

async function startFastify(): Promise<Application> {
  const app = fastify();
  await app.register(fastifyTracing);
  app.get('/relay', async () => answer('fastify'));
  return keep({ url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() });
}

function keep(application: Application): Application {
  running.push(application);
  return application;
}

/** What this process sees of the request that it serves. */
function answer(service: string): Answer {
  const span = trace.getActiveSpan()?.spanContext();
  const entries = propagation.getActiveBaggage()?.getAllEntries() ?? [];
  const baggage = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  return { service, traceId: span?.traceId ?? '', sampled: span?.traceFlags === 1, baggage, next: null };
}

function every<Value>(read: (answer: Answer) => Value): (answer: Answer) => Value[] {
  return (answer) => [read(answer), ...(answer.next === null ? [] : every(read)(answer.next))];
}
const services = every(({ service }) => service);
const traceIds = every(({ traceId }) => traceId);
const sampled = every((answer) => answer.sampled);

/** All spans of a trace, of both sides. */
async function spansOf(traceId: string, python: string): Promise<(PythonSpan & { service: string })[]> {
  await tracing.flush();
  const response = await fetch(`${python}/spans?trace_id=${traceId}`);
  const theirs = ((await response.json()) as PythonSpan[]).map((span) => ({ ...span, service: 'python' }));
  const ours = spans.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  const kinds = ['INTERNAL', 'SERVER', 'CLIENT'];
  return [
    ...theirs,
    ...ours.map((span) => ({
      name: span.name,
      kind: kinds[span.kind] ?? '',
      spanId: span.spanContext().spanId,
      parentSpanId: span.parentSpanContext?.spanId ?? null,
      service: 'ours',
    })),
  ];
}

/** The spans from the root down, each the only child of the one before, and no others. */
async function chain(traceId: string, python: string): Promise<string[]> {
  // The server span of a side ends when its answer has left, which may be later than the answer arrives here.
  await vi.waitFor(async () => expect(await spansOf(traceId, python)).toHaveLength(5), 30_000);
  const all = await spansOf(traceId, python);
  const names: string[] = [];
  for (let parentSpanId: string | null = null; names.length < all.length; ) {
    const children: typeof all = all.filter((span) => span.parentSpanId === parentSpanId);
    expect(children, `children of ${names.at(-1) ?? 'nothing'}`).toHaveLength(1);
    const [child] = children;
    names.push(`${child?.service} ${child?.kind} ${child?.name}`);
    parentSpanId = child?.spanId ?? null;
  }
  return names;
}
