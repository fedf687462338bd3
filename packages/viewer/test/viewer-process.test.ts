import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeOtlpProtobuf } from '@throughline/analysis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SearchAnswer, Status } from '../src/api/messages.ts';
import { span } from './spans.ts';
import { buildProgram, startProgram } from './viewer-process.ts';

let built: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  built = await buildProgram();
});
afterAll(() => built.remove());

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'deep', 'traces.duckdb');
}

function post(url: string, spans: Parameters<typeof encodeOtlpProtobuf>[0]) {
  const headers = { 'content-type': 'application/x-protobuf' };
  return fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(encodeOtlpProtobuf(spans)) });
}

async function ask<T>(url: string, path: string): Promise<T> {
  return (await (await fetch(`${url}/api/viewer/${path}`)).json()) as T;
}

describe('a viewer process', () => {
  it('has everything it acknowledged after it was killed', async () => {
    const file = newFile();
    const first = await startProgram(built.program, file);
    const acknowledged: string[] = [];
    let sent = 0;
    const sender = async () => {
      for (;;) {
        const spans = Array.from({ length: 50 }, () => span());
        sent += spans.length;
        const response = await post(first.url, spans);
        if (response.status === 200) acknowledged.push(...spans.map(({ traceId }) => traceId));
        if (acknowledged.length > 400) first.child.kill('SIGKILL');
      }
    };
    await Promise.allSettled(Array.from({ length: 8 }, sender));
    expect(acknowledged.length).toBeGreaterThan(400);

    const second = await startProgram(built.program, file);
    const { store } = await ask<Status>(second.url, 'status');
    expect(store).toMatchObject({ kind: 'duckdb', file });
    expect(store.spans).toBeLessThanOrEqual(sent);
    const { traces } = await ask<SearchAnswer>(second.url, 'traces?limit=1000');
    const found = new Set(traces.map(({ traceId }) => traceId));
    expect(acknowledged.filter((traceId) => !found.has(traceId))).toEqual([]);
  });

  it('ends when it is told to, and keeps what it has', async () => {
    const file = newFile();
    const first = await startProgram(built.program, file);
    expect((await post(first.url, [span({ service: 'kept' })])).status).toBe(200);
    first.child.kill('SIGTERM');
    const [code] = await once(first.child, 'close');
    expect([code, first.output()]).toEqual([0, expect.not.stringContaining('rror')]);
    const second = await startProgram(built.program, file);
    const { traces } = await ask<SearchAnswer>(second.url, 'traces?query=kept');
    expect(traces).toMatchObject([{ rootService: 'kept', run: 1 }]);
    expect((await ask<Status>(second.url, 'status')).run).toBe(2);
  });

  it('says who uses the file, or the port, that it wants', async () => {
    const file = newFile();
    const first = await startProgram(built.program, file);
    const sameFile = await startProgram(built.program, file);
    expect(sameFile.output()).toContain(`is in use by process ${first.child.pid}`);
    expect(sameFile.child.exitCode).toBe(1);
    const samePort = await startProgram(built.program, newFile(), Number(new URL(first.url).port));
    expect(samePort.output()).toContain(`A viewer is running already: ${first.url}.`);
    expect(samePort.child.exitCode).toBe(1);
    expect((await post(first.url, [span()])).status).toBe(200);
  });

  it('leaves a file alone that is none of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'notes.txt');
    const notes = 'not a database '.repeat(2000);
    writeFileSync(file, notes);
    const viewer = await startProgram(built.program, file);
    expect(viewer.output()).toContain(`${file} is damaged, or no file of a viewer. Move it away`);
    expect(viewer.output().trim().split('\n')).toHaveLength(1);
    expect([viewer.child.exitCode, viewer.child.signalCode]).toEqual([1, null]);
    expect(readFileSync(file, 'utf8')).toBe(notes);
  });

  it.skipIf(!canMount())(
    'takes nothing while its disk is full, loses nothing, and goes on when there is room (as root)',
    async () => {
      const disk = mkdtempSync(join(tmpdir(), 'throughline-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
      onTestFinished(() => {
        execFileSync('umount', ['-l', disk]);
        rmSync(disk, { recursive: true });
      });
      const file = join(disk, 'traces.duckdb');
      const first = await startProgram(built.program, file);
      const random = () => randomBytes(1000).toString('hex');
      const acknowledged: string[] = [];
      let status = 200;
      while (status === 200) {
        const spans = Array.from({ length: 100 }, () => span({ attributes: { random: random() } }));
        const response = await post(first.url, spans);
        status = response.status;
        if (status === 200) acknowledged.push(...spans.map(({ traceId }) => traceId));
        else expect(response.headers.get('retry-after')).toBe('1');
      }
      expect(status).toBe(503);
      // Its answer and what it writes come by ways of their own.
      await expect.poll(first.output).toContain('The disk of the viewer is full.');
      execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      expect((await post(first.url, [span()])).status).toBe(200);
      first.child.kill('SIGKILL');
      await once(first.child, 'close');
      const second = await startProgram(built.program, file);
      expect((await ask<Status>(second.url, 'status')).store.spans).toBe(acknowledged.length + 1);
    },
  );
});

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}
