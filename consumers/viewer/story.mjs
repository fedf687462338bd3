// The published viewer: `npx throughline view` receives OTLP, keeps it over a restart, answers and serves its page.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const FILE = join(process.cwd(), 'traces.duckdb');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const program = join('node_modules', '.bin', 'throughline');

const help = spawnSync('npx', ['--no-install', 'throughline', '--help'], { encoding: 'utf8' });
assert.equal(help.status, 0, help.stderr);
assert.equal(help.stdout.includes('critical-path'), true, 'npx finds the program');

const first = await startViewer();
await sendTrace(first.url);
await checkAnswers(first.url);
await checkPage(first.url);
await first.close();

const second = await startViewer();
await checkAnswers(second.url);
await second.close();
rmSync(FILE);
console.log('   received, kept over a restart, answered, and its page served');

/** By the program itself, so that signals reach it. */
async function startViewer() {
  const child = spawn(process.execPath, [program, 'view', '--port', '0', '--file', FILE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const [line = ''] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'close').then(([code]) => Promise.reject(new Error(`It ended with ${code}.`))),
  ]);
  const url = /http:\S+/.exec(line)?.[0] ?? '';
  const close = async () => {
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    process.off('exit', end);
    assert.equal(code, 0, 'it ends by itself');
  };
  return { url, close };
}

async function sendTrace(url) {
  const startTimeUnixNano = `${BigInt(Date.now()) * 1_000_000n}`;
  const endTimeUnixNano = `${BigInt(startTimeUnixNano) + 5_000_000n}`;
  const own = { traceId: TRACE, startTimeUnixNano, endTimeUnixNano };
  const spans = [
    { ...own, spanId: '00f067aa0ba902b7', name: 'GET /cart', kind: 2 },
    { ...own, spanId: '00f067aa0ba902b8', parentSpanId: '00f067aa0ba902b7', name: 'SELECT cart', kind: 3 },
  ];
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
  assert.equal(response.status, 200, await response.text());
}

async function checkAnswers(url) {
  const ask = async (path) => (await fetch(`${url}${path}`)).json();
  const { store } = await ask('/api/viewer/status');
  assert.equal(store.kind, 'duckdb', store.note);
  const { traces: summaries } = await ask(`/api/viewer/summaries?ids=${TRACE}`);
  assert.equal(`${summaries[0].spanCount} of ${summaries[0].rootService}`, '2 of shop');
  const { data } = await ask(`/api/traces/${TRACE}`);
  assert.equal(data[0].spans.length, 2, 'Jaeger');
  const { traces } = await ask('/api/viewer/traces?query=cart');
  assert.equal(traces[0].traceId, TRACE);
  // Not by a process that waits, as the viewer does not need this one.
  const shown = spawnSync(process.execPath, [program, 'show', TRACE, '--source', url], { encoding: 'utf8' });
  assert.equal(shown.status, 0, shown.stderr);
  assert.equal(shown.stdout.includes('SELECT cart'), true, shown.stdout);
}

async function checkPage(url) {
  const page = await fetch(`${url}/`);
  const html = await page.text();
  assert.equal(page.headers.get('content-type')?.startsWith('text/html'), true);
  const parts = [...html.matchAll(/(?:src|href)="(\/[^"]+|\.\/[^"]+)"/g)].map(([, path]) => new URL(path, `${url}/`));
  assert.equal(parts.length > 1, true, html);
  for (const part of parts) {
    const response = await fetch(part);
    const { length } = await response.text();
    assert.equal(`${response.status} ${length > 0}`, '200 true', part.pathname);
    if (part.pathname.endsWith('.js'))
      assert.equal(/javascript/.test(response.headers.get('content-type') ?? ''), true);
  }
  const deep = await fetch(`${url}/trace/${TRACE}`);
  assert.equal(await deep.text(), html, 'a link to a trace opens the same page');
}
