import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../scripts/free-port.mjs';

// The program of docs/first-trace.md as a reader has it before him, on the built packages; only the port is another one.

const page = fileURLToPath(new URL('../docs/first-trace.md', import.meta.url));
const program = fileURLToPath(new URL('../docs/.first-trace.mjs', import.meta.url));

afterEach(() => rmSync(program, { force: true }));

it('the first trace of the documentation shows three spans and a line with ids', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
  const port = await freePort();
  writeFileSync(program, code.replaceAll('3000', String(port)));
  const server = spawn(process.execPath, [program], { env: { PATH: process.env.PATH }, stdio: 'pipe' });
  const closed = once(server, 'close');
  let output = '';
  const grown = (): Promise<unknown> => Promise.race([once(server.stdout, 'data'), once(server.stderr, 'data')]);
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      output += stripVTControlCharacters(String(chunk));
    });
  }
  try {
    const response = await answerOf(`http://localhost:${port}/orders/7`, () => server.exitCode);
    const requestId = response.headers.get('x-request-id');
    expect(await response.json()).toEqual({ order: '7', price: { cents: 1999 } });
    expect(requestId).toMatch(/^[0-9a-f]{32}$/);
    while (!/GET \/orders\/:id[\s\S]*GET[\s\S]*GET \/prices\/:product/.test(output)) await grown();
    const line = JSON.parse(/^\{.*asking for the price.*\}$/m.exec(output)?.[0] ?? '{}');
    expect(line).toMatchObject({ request_id: requestId, trace_flags: '01' });
    expect(line.trace_id).toMatch(/^[0-9a-f]{32}$/);
  } finally {
    server.kill();
    await closed;
  }
});

/** The answer, as soon as the server listens. */
async function answerOf(url: string, exitCode: () => number | null): Promise<Response> {
  for (;;) {
    if (exitCode() !== null) throw new Error('The program has ended.');
    try {
      return await fetch(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
