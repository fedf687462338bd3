import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTracing } from '@throughline/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { accept, type Collector, refuse, spanNames, startCollector } from './collector.ts';
import { bundle, type Ending } from './process.ts';
import { decodeTraces } from './recorder/decode-otlp.ts';

let script: Awaited<ReturnType<typeof bundle>>;
let collector: Collector;
let nobody: string;
let folder: string;

beforeAll(async () => {
  script = await bundle('crashing');
  nobody = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => script.remove());
beforeEach(async () => {
  collector = await startCollector();
  folder = join(mkdtempSync(join(tmpdir(), 'throughline-')), 'spool');
});
afterEach(async () => {
  await collector.close();
  rmSync(join(folder, '..'), { recursive: true });
});

function crash(way: string, ratio = 1): Promise<Ending> {
  return script.run([way, nobody, folder, String(ratio)]).ended;
}

function startAgain(): Promise<Ending> {
  return script.run(['start again', collector.url, folder]).ended;
}

function files(): string[] {
  return readdirSync(folder);
}

it.each([1, 0])('exports at the next start what an uncaught error has left behind, at a ratio of %d', async (ratio) => {
  const { code, stderr } = await crash('uncaught error', ratio);
  expect(code).toBe(1);
  expect(stderr).toContain('TypeError: bug');
  expect(files()).toEqual([expect.stringMatching(/^throughline-[0-9a-f]{16}\.spool$/)]);
  expect(statSync(join(folder, files()[0] as string)).mode & 0o777).toBe(0o600);
  expect(spanNames(collector)).toEqual([]);

  const { stdout } = await startAgain();
  const wanted = ratio === 1 ? ['before', 'inner', 'request'] : ['inner', 'request'];
  expect(spanNames(collector).sort()).toEqual(wanted);
  expect(JSON.parse(stdout)).toMatchObject({ recovered: wanted.length });
  expect(files()).toEqual([]);
  const spans = collector.exports.flatMap(({ body }) =>
    decodeTraces(body).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  const request = spans.find(({ name }) => name === 'request');
  expect(request?.status).toMatchObject({ code: 2, message: 'bug' });
  expect(request?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'TypeError' } });
});

it('exports what a rejection that nobody handles, or process.exit(), has left behind', async () => {
  expect((await crash('unhandled rejection')).code).toBe(1);
  expect(await crash('process.exit')).toMatchObject({ code: 0, stderr: '' });
  expect(files()).toHaveLength(2);
  await startAgain();
  expect(spanNames(collector)).toEqual(['before', 'before']);
});

it('does nothing where the application survives its error', async () => {
  const { code } = await script.run(['uncaught error that is handled', collector.url, folder]).ended;
  expect(code).toBe(0);
  expect(spanNames(collector).sort()).toEqual(['after', 'request']);
  expect(() => files()).toThrow('ENOENT');
});

it('leaves the file for the next start when the collector does not take it', async () => {
  await crash('process.exit');
  collector.answer = refuse(400);
  expect((await startAgain()).stderr).toContain('could not be exported');
  expect(files()).toHaveLength(1);
  collector.answer = accept;
  await startAgain();
  expect(files()).toEqual([]);
  expect(collector.exports).toHaveLength(2);
});

it('removes a damaged file and says so, and takes up what a dead process had taken', async () => {
  await crash('process.exit');
  await crash('process.exit');
  const [first = '', second = ''] = files();
  const bytes = readFileSync(join(folder, first));
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  writeFileSync(join(folder, first), bytes);
  const dead = spawnSync(process.execPath, ['--eval', '']).pid;
  const path = join(folder, second);
  writeFileSync(`${path}.${dead}`, readFileSync(path));
  rmSync(path);

  const { stderr, stdout } = await startAgain();
  expect(files()).toEqual([]);
  expect(stderr).toContain('was damaged, and removed');
  expect(JSON.parse(stdout)).toMatchObject({ recovered: 1 });
  expect(spanNames(collector)).toEqual(['before']);
});

it('follows no link, and does not fill the disk', async () => {
  await crash('process.exit');
  const [file = ''] = files();
  symlinkSync(join(folder, file), join(folder, 'throughline-0123456789abcdef.spool'));
  const { stderr } = await startAgain();
  expect(stderr).toContain('is not a file of ours');
  expect(spanNames(collector)).toEqual(['before']);
  for (let index = 0; index < 16; index++)
    writeFileSync(join(folder, `throughline-00000000000000${index + 10}.spool`), '');
  expect((await crash('process.exit')).stderr).toContain('files of earlier crashes already');
  expect(files()).toHaveLength(17);
});

it.each([
  [{ crashSpool: '' }, '[sdk] Expected `crashSpool` to be the path of a directory'],
  [{ crashSpool: '/tmp', exporter: 'console' }, '[sdk] `crashSpool` is for spans that go out by OTLP as protobuf'],
])('refuses %j', (options, message) => {
  expect(() => startTracing(options as object)).toThrow(message);
});
