import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { type Collector, hang, spanNames, startCollector } from './collector.ts';
import { bundle, type Running } from './process.ts';

let script: Awaited<ReturnType<typeof bundle>>;
let collector: Collector;

beforeAll(async () => {
  script = await bundle('ending');
});
afterAll(() => script.remove());
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

function run(way: string, flushTimeoutMs = 30_000): Running {
  return script.run([way, collector.url, String(flushTimeoutMs)]);
}

it.each([
  ['idle', 0, []],
  ['by itself', 0, ['last']],
  ['exit code', 7, ['last']],
  ['shutdown, then process.exit', 6, ['last']],
  ['work in beforeExit', 0, ['first', 'turn 1', 'turn 2']],
])('flushes before a process that ends this way: %s', async (way, code, spans) => {
  expect(await run(way).ended).toMatchObject({ code, signal: null, stderr: '' });
  expect(spanNames(collector)).toEqual(spans);
});

it('lets a process end that listens for its peers', async () => {
  const sampling = { keep: {}, peers: { secret: 'a secret of the tests' } };
  const running = script.run(['by itself', collector.url, '30000', JSON.stringify(sampling)]);
  expect(await running.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(spanNames(collector)).toEqual(['last']);
});

it('leaves process.exit() as it is', async () => {
  expect(await run('process.exit').ended).toMatchObject({ code: 5, signal: null, stderr: '' });
});

it('leaves an uncaught error as it is', async () => {
  const { code, stderr } = await run('uncaught error').ended;
  expect(code).toBe(1);
  expect(stderr).toContain('Error: bug');
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'flushes, and then dies of a %s that nobody listens to',
  async (signal) => {
    const { child, line, ended } = run('no handler');
    await line();
    child.kill(signal);
    expect(await ended).toMatchObject({ code: null, signal, stderr: '' });
    expect(spanNames(collector)).toEqual(['last']);
  },
);

it("leaves a signal to the application's own handler, which ends the process when and how it likes", async () => {
  const { child, line, ended } = run('handler once');
  await line();
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 3, signal: null, stderr: '' });
  expect(spanNames(collector)).toEqual(['before', 'while closing']);
});

it('delivers a signal to the handler of the application once, and does not end the process', async () => {
  const { child, line, ended } = run('handler that goes on');
  await line();
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 11, signal: null });
});

it('flushes again before death by signal when the handler of the application was removed', async () => {
  const { child, line, ended } = run('handler removed again');
  await line();
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(spanNames(collector)).toEqual(['last']);
});

it('is invisible to a library that raises a signal again when it is the only listener, and flushes then', async () => {
  const { child, line, ended } = run('library that raises again when alone');
  await line();
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  expect(spanNames(collector)).toEqual(['last']);
});

it.each(['by itself', 'exit code'])(
  'ends in time, with its own exit code, while the collector hangs: %s',
  async (way) => {
    collector.answer = hang;
    // The collector never answers, and the export has ten minutes: only the deadline of the flush ends the process.
    const args = [way, collector.url, '3000'];
    const { ended } = script.run(args, { OTEL_EXPORTER_OTLP_TIMEOUT: '600000' });
    await collector.arrived(1);
    expect(await ended).toMatchObject({ code: way === 'exit code' ? 7 : 0, signal: null });
    expect(collector.exports).toHaveLength(1);
  },
);

it('dies of a signal in time while the collector hangs', async () => {
  collector.answer = hang;
  const { child, line, ended } = run('no handler', 200);
  await line();
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM' });
});

it('dies at once of a second signal', async () => {
  collector.answer = hang;
  const { child, line, ended } = run('no handler', 600_000);
  await line();
  child.kill('SIGINT');
  await collector.arrived(1);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' });
});

it('ends without waiting, and says once what was lost, when nobody listens', async () => {
  const { ended } = script.run(['by itself', `http://127.0.0.1:${await freePort()}`, '600000']);
  const { code, stderr } = await ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^\[sdk\] Spans were lost: 1 could not be exported \(http:\/\/127.0.0.1:\d+: ECONNREFUSED\).*\n$/,
  );
});
