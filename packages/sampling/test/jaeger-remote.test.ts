import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, diag } from '@opentelemetry/api';
import { isSuppressed } from '@throughline/core';
import { type JaegerRemoteSampler, type JaegerRemoteSamplerOptions, jaegerRemoteSampler } from '@throughline/sampling';
import { recordSpans } from '@throughline/testkit';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readJaegerStrategy } from '../src/jaeger-strategy.ts';
import { decideRoot, weightOf } from './decision.ts';
import { traceIds } from './random-ids.ts';

// Without it one second: too little for a busy machine.
const PATIENCE_MS = 30_000;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let answer: Answer = () => {};
let asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  answer(request, response);
});
const samplers: JaegerRemoteSampler[] = [];
let endpoint = '';

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sampling?keep=1`;
  asked = [];
});

afterEach(async () => {
  for (const sampler of samplers.splice(0)) sampler.stop();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  vi.restoreAllMocks();
});

const json =
  (strategy: unknown): Answer =>
  (_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(strategy));

/** A sampler that has got its first answer. */
async function started(options: JaegerRemoteSamplerOptions = {}): Promise<JaegerRemoteSampler> {
  const sampler = jaegerRemoteSampler({ serviceName: 'checkout', endpoint, ...options });
  samplers.push(sampler);
  await sampler.refresh();
  return sampler;
}

function keptOf(sampler: JaegerRemoteSampler, name: string, traces = 20_000): number {
  const nextId = traceIds(1);
  let kept = 0;
  for (let index = 0; index < traces; index++) kept += decideRoot(sampler, nextId(), {}, name).decision / 2;
  return kept / traces;
}

const weight = (sampler: JaegerRemoteSampler, name: string): number =>
  weightOf(decideRoot(sampler, 'f'.repeat(32), {}, name));

describe('with an answer', () => {
  it('asks for its service, once at the start', async () => {
    answer = json({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 0.25 } });
    const sampler = await started({ headers: { authorization: 'Bearer 1' } });
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /sampling?keep=1&service=checkout']);
    expect(asked[0]?.headers.authorization).toBe('Bearer 1');
    expect(keptOf(sampler, 'GET')).toBeCloseTo(0.25, 1);
    expect(weight(sampler, 'GET')).toBe(4);
    expect(String(sampler)).toBe('JaegerRemoteSampler{probabilistic 0.25}');
  });

  it('limits the rate', async () => {
    answer = json({ strategyType: 'RATE_LIMITING', rateLimitingSampling: { maxTracesPerSecond: 10 } });
    const sampler = await started();
    // Half a second for 50,000 requests, however long they take here.
    let timeMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (timeMs += 0.01));
    expect(keptOf(sampler, 'GET', 50_000) * 50_000).toBeLessThan(30);
    expect(keptOf(sampler, 'GET', 50_000) * 50_000).toBeGreaterThan(0);
  });

  it('gives every operation its own share, and the others the default', async () => {
    const strategy = (operation: string, samplingRate: number) => ({
      operation,
      probabilisticSampling: { samplingRate },
    });
    answer = json({
      strategyType: 'PROBABILISTIC',
      probabilisticSampling: { samplingRate: 1 },
      operationSampling: {
        defaultSamplingProbability: 0.125,
        perOperationStrategies: [strategy('GET /a', 0.5), strategy('__proto__', 0.25), strategy('GET /none', 0)],
      },
    });
    const sampler = await started();
    const names = ['GET /a', '__proto__', 'GET /none', 'GET /other', 'constructor'];
    expect(names.map((name) => weight(sampler, name))).toEqual([2, 4, 0, 8, 8]);
  });

  it('takes up a new strategy when it asks again', async () => {
    answer = json({ probabilisticSampling: { samplingRate: 0.5 } });
    const sampler = await started({ intervalMs: 20 });
    answer = json({ probabilisticSampling: { samplingRate: 0.25 } });
    await vi.waitUntil(() => weight(sampler, 'GET') === 4, PATIENCE_MS);
    sampler.stop();
    const before = asked.length;
    await expect(sampler.refresh()).resolves.toBe(false);
    expect(asked.length).toBe(before);
    expect(weight(sampler, 'GET')).toBe(4);
  });

  it('asks one question at a time', async () => {
    answer = () => {};
    const sampler = jaegerRemoteSampler({ serviceName: 'checkout', endpoint });
    samplers.push(sampler);
    const answers = [sampler.refresh(), sampler.refresh()];
    await vi.waitUntil(() => asked.length > 0, PATIENCE_MS);
    server.closeAllConnections();
    expect(await Promise.all(answers)).toEqual([false, false]);
    expect(asked.length).toBe(1);
  });

  it('makes no span of its own requests', async () => {
    const recorder = await recordSpans();
    const suppressed: boolean[] = [];
    const note = (): void => void suppressed.push(isSuppressed(context.active()));
    subscribe('http.client.request.start', note);
    answer = json({ probabilisticSampling: { samplingRate: 0.5 } });
    await started();
    unsubscribe('http.client.request.start', note);
    expect(suppressed).toEqual([true]);
    expect(asked[0]?.headers.traceparent).toBeUndefined();
    recorder.assertEmpty();
    await recorder.stop();
  });
});

describe('without a good answer', () => {
  const always = { probabilisticSampling: { samplingRate: 1 } };
  const garbage: [name: string, answer: Answer][] = [
    ['an error', (_, response) => response.writeHead(500).end(JSON.stringify(always))],
    ['an error whose body never ends', (_, response) => response.writeHead(503).write('x')],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(JSON.stringify(always)),
    ],
    ['no JSON', (_, response) => response.end('<html>')],
    ['nothing', (_, response) => response.end()],
    ['a broken body', (request, response) => response.write('{"a', () => request.socket.destroy())],
    ['a broken connection', (request) => request.socket.destroy()],
    ['no HTTP', (request) => request.socket.end('nonsense\r\n\r\n')],
    ['too much', json({ ...always, rest: 'x'.repeat(2e6) })],
    ['null', json(null)],
    ['a list', json([1])],
    ['an unknown strategy', json({ strategyType: 'CLAIRVOYANT', probabilisticSampling: { samplingRate: 1 } })],
    ['a rate above 1', json({ probabilisticSampling: { samplingRate: 2 } })],
    ['a rate that is a text', json({ probabilisticSampling: { samplingRate: '1' } })],
    ['a negative limit', json({ strategyType: 'RATE_LIMITING', rateLimitingSampling: { maxTracesPerSecond: -1 } })],
    ['operations that are none', json({ operationSampling: { perOperationStrategies: [{ operation: 7 }] } })],
    ['a wrong bound', json({ operationSampling: { defaultLowerBoundTracesPerSecond: 'x' } })],
  ];

  it.each(garbage)('keeps the last strategy after %s, and says so once', async (_name, bad) => {
    const warn = vi.spyOn(diag, 'warn').mockImplementation(() => {});
    answer = json({ probabilisticSampling: { samplingRate: 0.5 } });
    const sampler = await started();
    answer = bad;
    expect([await sampler.refresh(), await sampler.refresh()]).toEqual([false, false]);
    expect(weight(sampler, 'GET')).toBe(2);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^\[sampling\] Jaeger's strategy stays as it was: ./)]]);
    answer = json({ probabilisticSampling: { samplingRate: 0.25 } });
    expect(await sampler.refresh()).toBe(true);
    expect(weight(sampler, 'GET')).toBe(4);
    answer = bad;
    await sampler.refresh();
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('keeps its first ratio while nobody listens', async () => {
    const warn = vi.spyOn(diag, 'warn').mockImplementation(() => {});
    const sampler = await started({ endpoint: 'http://127.0.0.1:1/sampling', ratio: 0.5 });
    expect(weight(sampler, 'GET')).toBe(2);
    expect(warn).toHaveBeenCalledOnce();
    expect(keptOf(await started({ endpoint: 'http://127.0.0.1:1/sampling' }), 'GET')).toBeLessThan(0.01);
  });

  it.each<[string, Answer]>([
    ['does not begin', () => {}],
    ['does not end', (_, response) => response.write('{')],
  ])('waits no longer than the time-out for an answer that %s', async (_name, slow) => {
    const warn = vi.spyOn(diag, 'warn').mockImplementation(() => {});
    answer = slow;
    const sampler = await started({ timeoutMs: 30, ratio: 0.5 });
    expect(weight(sampler, 'GET')).toBe(2);
    expect(warn.mock.calls[0]?.[0]).toContain('no answer within 30 ms');
  });
});

it('ignores an answer that comes after it was stopped', async () => {
  let late: ServerResponse | undefined;
  answer = (_, response) => {
    late = response;
  };
  const sampler = jaegerRemoteSampler({ serviceName: 'checkout', endpoint, ratio: 0.5 });
  const refreshed = sampler.refresh();
  await vi.waitUntil(() => late !== undefined, PATIENCE_MS);
  sampler.stop();
  late?.end(JSON.stringify({ probabilisticSampling: { samplingRate: 0.25 } }));
  expect(await refreshed).toBe(false);
  expect(weight(sampler, 'GET')).toBe(2);
});

it.each([
  ['while it waits for an answer', () => {}],
  ['while it waits for the next question', json({ probabilisticSampling: { samplingRate: 1 } })],
])('does not keep a process alive %s', async (_name, reply: Answer) => {
  answer = (request, response) => {
    reply(request, response);
    server.emit('asked');
  };
  const program = buildSync({
    stdin: { contents: programFor(endpoint), resolveDir: import.meta.dirname },
    conditions: ['throughline-source'],
    bundle: true,
    platform: 'node',
    write: false,
  }).outputFiles[0]?.text;
  const child = spawn(process.execPath, ['-e', program ?? 'process.exit(9)'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(server, 'asked'), ended]);
  child.stdin.end();
  const [code] = await ended;
  expect([code, asked.length]).toEqual([0, 1]);
});

// Its standard input keeps the program alive until its question has arrived; from then on only the sampler could.
const programFor = (endpoint: string): string => `
  import { jaegerRemoteSampler } from '@throughline/sampling';
  jaegerRemoteSampler({ serviceName: 'x', endpoint: '${endpoint}', intervalMs: 600000, timeoutMs: 600000 });
  process.stdin.resume();
`;

describe('the bounds of operations', () => {
  const bounded = (bounds: object) => {
    let timeMs = 0;
    const now = () => timeMs;
    const strategy = readJaegerStrategy({ operationSampling: { defaultSamplingProbability: 0.1, ...bounds } }, now);
    return (perSecond: number): number => {
      let ratio = 0;
      for (let index = 0; index < perSecond * 60; index++) {
        timeMs += 1000 / perSecond;
        ratio = strategy?.choose({ name: 'a' } as never).ratio ?? Number.NaN;
      }
      return perSecond * ratio;
    };
  };

  it('are kept at both ends', () => {
    const kept = bounded({ defaultLowerBoundTracesPerSecond: 2, defaultUpperBoundTracesPerSecond: 20 });
    expect(kept(1)).toBe(1);
    expect(kept(5)).toBeCloseTo(2, 0);
    expect(kept(100)).toBeCloseTo(10, 1);
    expect(kept(1000)).toBeGreaterThan(18);
    expect(kept(1000)).toBeLessThan(22);
  });

  it('are none where they are 0, as they are written where there are none', () => {
    const kept = bounded({ defaultLowerBoundTracesPerSecond: 0, defaultUpperBoundTracesPerSecond: 0 });
    expect([kept(5), kept(1000)].map(Math.round)).toEqual([1, 100].map(Math.round));
  });
});

it.each([
  [{}, '[sampling] `serviceName` is missing. Give the name that Jaeger knows this service by.'],
  [{ serviceName: '' }, '[sampling] Expected `serviceName` to be a non-empty string, got the string "".'],
  [
    { endpoint: 'jaeger:5778' },
    '[sampling] Expected `endpoint` to be an http or https URL, got the string "jaeger:5778".',
  ],
  [{ endpoint: '/sampling' }, 'Expected `endpoint` to be an http or https URL'],
  [{ ratio: 2 }, 'Expected `ratio` to be a number from 0 to 1, got 2.'],
  [{ intervalMs: 0 }, '[sampling] Expected `intervalMs` to be a number of milliseconds above 0 and below 2^31, got 0.'],
  [
    { timeoutMs: 2 ** 31 },
    'Expected `timeoutMs` to be a number of milliseconds above 0 and below 2^31, got 2147483648.',
  ],
  [{ headers: { a: 1 } }, '[sampling] Expected `headers` to be an object of strings, got object.'],
  [{ perSecond: 1 }, '[sampling] There is no option `perSecond`.'],
])('rejects the options %j', (options, message) => {
  expect(() => jaegerRemoteSampler(options as object)).toThrow(message);
});
