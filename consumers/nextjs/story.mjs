// The example of Next.js, as its reader builds and tries it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const example = join(process.argv[2], 'examples/nextjs');
for (const name of ['app', 'next.config.mjs', 'next-routes.mjs', 'server.mjs'])
  cpSync(join(example, name), name, { recursive: true });

const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', PORT: '0' };
const next = 'node_modules/next/dist/bin/next';
const build = spawnSync(process.execPath, [next, 'build'], { env, encoding: 'utf8' });
assert.equal(build.status, 0, build.stdout + build.stderr);

const server = spawn(process.execPath, ['server.mjs'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
const ended = once(server, 'close');
const errors = [];
createInterface({ input: server.stderr }).on('line', (line) => errors.push(line));
try {
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const [, address = ''] = await lineOf(/^Try (http\S+)/);

  const page = await ask(address);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /teapot/);
  assert.equal(page.headers.get('x-request-id'), 'r-7');
  const logged = [await lineOf(/^\{.*price looked up/), await lineOf(/^\{.*order shown/)];
  const [looked, shown] = logged.map(([line]) => JSON.parse(line));
  for (const entry of [looked, shown]) {
    assert.deepEqual([entry.trace_id, entry.request_id], [TRACE, 'r-7']);
    assert.match(entry.span_id, /^[0-9a-f]{16}$/);
  }
  await lineOf(new RegExp(`^trace ${TRACE} .* GET /orders/\\[id\\]$`));
  await lineOf(/^storefront GET \/orders\/\[id\] +200/); // the server span has the route of Next.js
  await lineOf(/│ {2}├─ GET +200/); // the call of `tracedFetch` is inside the page's span,
  await lineOf(/│ {2}│ {2}└─ GET \/api\/prices\/\[id\] +200/); // and the route handler's server span inside that

  assert.equal((await ask(new URL('/orders/9', address))).status, 404);
  await lineOf(/^storefront GET \/orders\/\[id\] +404/);
  assert.equal((await ask(new URL('/api/prices/broken', address))).status, 500);
  await lineOf(/^storefront GET \/api\/prices\/\[id\] +✗500/);
  await lineOf(/ERROR Error: The price list is broken\./);
  assert.deepEqual(
    errors.filter((line) => /ended span|throughline|otel/i.test(line)),
    [],
  );
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);

  async function lineOf(pattern) {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error(`No line ${pattern}\n${errors.join('\n')}`);
      const found = pattern.exec(stripVTControlCharacters(value));
      if (found !== null) return [value, ...found.slice(1)];
    }
  }
} finally {
  server.kill('SIGKILL');
}

function ask(url) {
  return fetch(url, { headers: { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, 'x-request-id': 'r-7' } });
}
