import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { encodeOtlpProtobuf } from '@throughline/analysis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Status } from '../src/api/messages.ts';
import { isDamage } from '../src/store/damaged-file.ts';
import { span } from './spans.ts';
import { buildProgram, startProgram, type ViewerProcess } from './viewer-process.ts';

let built: Awaited<ReturnType<typeof buildProgram>>;
let folder: string;

beforeAll(async () => {
  built = await buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'throughline-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  built.remove();
});

/** What is damaged and how, and of how many of 4000 spans it takes the rest with it, at most: 2000 are in the log alone. */
const DAMAGES: [what: string, lost: number, damage: (file: string) => void][] = [
  ['nothing', 0, () => {}],
  ['its end', 4000, (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['all but some bytes', 4000, (file) => truncateSync(file, 100)],
  ['its headers', 4000, (file) => overwrite(file, 4096, 8192)],
  ['its tables', 4000, (file) => overwrite(file, 12_288, statSync(file).size - 12_288)],
  ['the end of its log', 2000, (file) => truncateSync(`${file}.wal`, statSync(`${file}.wal`).size - 100)],
  ['the middle of its log', 2000, (file) => overwrite(`${file}.wal`, Math.floor(statSync(`${file}.wal`).size / 2), 64)],
];

it.each(DAMAGES)(
  'a viewer whose file has lost %s says so and goes on, with what can be read',
  async (what, lost, damage) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}.duckdb`);
    await fill(file);
    damage(file);
    const [before, log] = [readFileSync(file), readFileSync(`${file}.wal`)];
    const viewer = await startProgram(built.program, file);
    const { store } = await statusOf(viewer);
    expect(store.kind).toBe('duckdb');
    expect(store.spans).toBeGreaterThanOrEqual(4000 - lost);
    await send(viewer, 5);
    const after = await statusOf(viewer);
    expect(after.store.spans).toBe(store.spans + 5);
    const aside = readdirSync(folder).filter((name) => name.startsWith(`${basename(file)}.damaged-`));
    if (after.store.damage === undefined) {
      // A log that ends too early is one whose viewer was killed.
      expect(['nothing', 'the end of its log']).toContain(what);
      expect(aside).toEqual([]);
      return;
    }
    expect(after.store.damage).toMatch(/ was damaged\. It is now .+\.damaged-\d{8}T\d{6}Z\. (?:Nothing|\d+) of /);
    expect(viewer.output()).toContain(`[viewer] ${after.store.damage}\n`);
    // Nothing is deleted: it may be mended by who knows how.
    const kept = aside.map((name) => readFileSync(join(folder, name)));
    expect(kept.some((bytes) => bytes.equals(before))).toBe(true);
    expect(kept.some((bytes) => bytes.equals(log))).toBe(true);
  },
);

it('a viewer whose file is damaged while it runs answers from a new one, with what can be read', async () => {
  const file = join(folder, 'while-it-runs.duckdb');
  // As many as have a signature, so that none of them is read when it is opened.
  await fill(file, { last: 'SIGTERM', spans: 12_500 });
  const viewer = await startProgram(built.program, file);
  expect((await statusOf(viewer)).store).toMatchObject({ spans: 25_000 });
  // What it has not read yet is read from what is no more what it wrote.
  overwrite(file, 12_288, statSync(file).size - 12_288);
  const response = await fetch(`${viewer.url}/api/viewer/traces?query=${encodeURIComponent('.some.key = 1')}`);
  expect(response.status).toBe(200);
  await send(viewer, 5);
  const { store } = await statusOf(viewer);
  expect(store.spans).toBeGreaterThanOrEqual(5);
  expect(store.damage).toContain('was damaged');
});

it('takes no error for damage that only quotes what was asked', () => {
  const file = '/home/corrupt-checksum/traces.duckdb';
  expect(isDamage(new Error('IO Error: Corrupt database file: computed checksum 1 does not match'), file)).toBe(true);
  expect(isDamage(new Error('Invalid Input Error: no argument for: corrupt*'), file)).toBe(false);
  expect(isDamage(new Error(`IO Error: Cannot open file "${file}": Permission denied`), file)).toBe(false);
  expect(isDamage(new Error('IO Error: could not write: No space left on device; database corrupt'), file)).toBe(false);
});

// One run is written to its place in the file; what came after that is in the log alone where its viewer was killed.
async function fill(
  file: string,
  { last = 'SIGKILL', spans = 2000 }: { last?: 'SIGTERM' | 'SIGKILL'; spans?: number } = {},
): Promise<void> {
  for (const signal of ['SIGTERM', last] as const) {
    const viewer = await startProgram(built.program, file);
    await send(viewer, spans);
    viewer.child.kill(signal);
    await once(viewer.child, 'close');
  }
}

async function send({ url }: ViewerProcess, count: number): Promise<void> {
  const spans = Array.from({ length: count }, (_, at) =>
    span({ attributes: { 'some.key': at, text: `${at} `.repeat(20) } }),
  );
  const headers = { 'content-type': 'application/x-protobuf' };
  const body = new Uint8Array(encodeOtlpProtobuf(spans));
  expect((await fetch(`${url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
}

async function statusOf({ url }: ViewerProcess): Promise<Status> {
  const response = await fetch(`${url}/api/viewer/status`);
  expect(response.status).toBe(200);
  return (await response.json()) as Status;
}

function overwrite(file: string, from: number, length: number): void {
  const bytes = readFileSync(file);
  for (let at = from; at < Math.min(bytes.length, from + length); at++) bytes[at] = (bytes[at] as number) ^ 0x5a;
  writeFileSync(file, bytes);
}
