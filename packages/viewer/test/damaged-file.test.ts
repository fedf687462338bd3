import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeOtlpProtobuf } from '@throughline/analysis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Status } from '../src/api/messages.ts';
import { span } from './spans.ts';
import { buildProgram, startProgram } from './viewer-process.ts';

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

const DAMAGES: [string, (file: string) => void][] = [
  ['nothing', () => {}],
  ['its end', (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['all but some bytes', (file) => truncateSync(file, 100)],
  ['its first bytes', (file) => overwrite(file, 0, 64)],
  ['its headers', (file) => overwrite(file, 4096, 8192)],
  ['its tables', (file) => overwrite(file, 12_288, statSync(file).size - 12_288)],
  ['the end of its log', (file) => truncateSync(`${file}.wal`, statSync(`${file}.wal`).size - 100)],
  ['the middle of its log', (file) => overwrite(`${file}.wal`, Math.floor(statSync(`${file}.wal`).size / 2), 64)],
];

it.each(DAMAGES)('a viewer whose file has lost %s opens it, or says that it is damaged', async (what, damage) => {
  const file = join(folder, `${what.replaceAll(' ', '-')}.duckdb`);
  // One run is written to its place in the file; what came after that is in the log alone, as its viewer was killed.
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const viewer = await startProgram(built.program, file);
    const body = new Uint8Array(encodeOtlpProtobuf(Array.from({ length: 2000 }, () => span())));
    const headers = { 'content-type': 'application/x-protobuf' };
    expect((await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
    viewer.child.kill(signal);
    await once(viewer.child, 'close');
  }
  damage(file);
  const before = readFileSync(file);
  const viewer = await startProgram(built.program, file);
  if (viewer.url === '') {
    expect([viewer.child.exitCode, viewer.child.signalCode]).toEqual([1, null]);
    expect(viewer.output()).toMatch(/is damaged, or no file of a viewer\. Move it away/);
    expect(viewer.output().trim().split('\n')).toHaveLength(1);
    // It may be mended by who knows how.
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(what).not.toBe('nothing');
    return;
  }
  // What is lost may be of a table that was not needed to open it: then the answer says where to look, and the log why.
  const response = await fetch(`${viewer.url}/api/viewer/status`);
  const answer = (await response.json()) as Status & { message?: string };
  if (response.status === 500) {
    expect(answer.message).toBe('The viewer could not answer; its log says why.');
    expect(viewer.output()).toContain('Could not read enough bytes');
  } else expect(answer.store.kind).toBe('duckdb');
  if (what === 'nothing') expect(answer.store.spans).toBe(4000);
});

function overwrite(file: string, from: number, length: number): void {
  const bytes = readFileSync(file);
  for (let at = from; at < Math.min(bytes.length, from + length); at++) bytes[at] = (bytes[at] as number) ^ 0x5a;
  writeFileSync(file, bytes);
}
