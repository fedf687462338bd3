// Does the benchmark itself work? `node --test bench/smoke.mjs`, by hand, after a build; some three minutes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allocatedBytes } from './allocation.mjs';
import { choose } from './matrix.mjs';
import { readMsgpack } from './received/msgpack.mjs';

const folder = mkdtempSync(join(tmpdir(), 'throughline-bench-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a short run measures one variant beside bare and control, and its spans arrive whole', () => {
  const { status, stderr } = bench();
  assert.equal(status, 0, stderr);
  const { http } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
  const [{ rows, rounds, profiles }] = http.cells;
  assert.deepEqual(
    rows.map(({ variant }) => variant),
    ['bare', 'control', 'ours-100'],
  );
  assert.ok(rounds >= 3);
  assert.equal(rows[0].ratio, 1);
  for (const row of rows) assert.ok(row.requests > 0 && row.cpuMicroseconds > 0 && row.p99 >= row.p50, row.variant);
  assert.equal(rows[0].exportedBytes, 0);
  assert.ok(rows[2].exportedBytes > 0);
  assert.ok(profiles['ours-100'].allocatedBytes > profiles.bare.allocatedBytes);
  const [{ verdicts, delivered }] = http.checks;
  assert.deepEqual(verdicts['ours-100'].problems, []);
  assert.equal(verdicts['ours-100'].spansPerRequest.hello, 1);
  assert.ok(delivered['ours-100'] > 0.9 && delivered['ours-100'] <= 1);
  const table = readFileSync(join(folder, 'results.md'), 'utf8');
  assert.match(table, /### fastify, hello\n\nControl \d/);
  assert.match(table, /load average/);
});

test('servers of all frameworks start, and their spans arrive whole', () => {
  const { status, stderr } = bench({ only: '*/hello/ours-100' });
  assert.equal(status, 0, stderr);
  const { http } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
  assert.equal(http.checks.length, 5);
  for (const { verdicts } of http.checks) assert.deepEqual(verdicts['ours-100'].problems, []);
});

test('a run fails when a variant records nothing', () => {
  const { status, stderr } = bench({ env: { OTEL_SDK_DISABLED: 'true' } });
  assert.equal(status, 1);
  assert.match(stderr, /ours-100 records nothing/);
});

test('an unknown name in --only is refused and the known ones are named', () => {
  assert.throws(() => choose('fastify/hallo'), /Expected one of hello, context, .*, got hallo/);
});

test('MessagePack values of every size read back', () => {
  const bytes = '95 cd0100 d1ff00 cf0000000100000000 81a161c3 a5c3a9c3a978'.replaceAll(' ', '');
  assert.deepEqual(readMsgpack(Buffer.from(bytes, 'hex')), [256, -256, 4294967296n, { a: true }, 'ééx']);
  assert.throws(() => readMsgpack(Buffer.from('92c0', 'hex')), /ends early/);
});

test('what was allocated is what the heap grew by between collections', () => {
  const collection = (before, after) => ({
    beforeGC: { heapStatistics: { usedHeapSize: before } },
    afterGC: { heapStatistics: { usedHeapSize: after } },
  });
  assert.equal(allocatedBytes(100, [collection(150, 90), collection(190, 95)], 105), 50 + 100 + 10);
});

function bench({ only = 'fastify/hello/ours-100', env = {} } = {}) {
  return spawnSync(
    process.execPath,
    [fileURLToPath(new URL('run.mjs', import.meta.url)), '--only', only, '--minutes', '0.2', '--out', folder],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
}
