import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

// As a user starts them: a process of their own, on the built packages.

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, 'x-request-id': 'r-7' };

let example: Example;
afterEach(() => {
  example.process.kill('SIGKILL');
});

describe.each([
  ['express', 'server.mjs'],
  ['fastify', 'server.mjs'],
  ['nestjs', 'dist/server.js'],
])('examples/%s', (name, program) => {
  it('answers, logs with ids, draws its trace and ends when told to', async () => {
    example = start(name, program);
    const address = (await example.line(/^Try (http\S+)/))[1] as string;

    const response = await fetch(address, { headers: CALLER });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe('r-7');
    expect(await response.json()).toEqual({ product: 'teapot', price: { cents: 1999 } });

    await example.line(/order shown/);
    const own = example.logLines().filter((line) => /looked up|shown/.test(String(line.msg)));
    expect(own.map((line) => line.msg)).toEqual(['price looked up', 'order shown']);
    for (const line of own) expect(line).toMatchObject({ trace_id: TRACE_ID, request_id: 'r-7', trace_flags: '01' });
    expect(new Set(own.map((line) => line.span_id)).size).toBe(2);

    const drawn = ['GET /orders/:id', 'load order', 'GET /prices/:id'];
    for (const span of drawn) await example.line(new RegExp(`${span}.*\\d ?m?s`));

    example.process.kill('SIGTERM');
    await once(example.process, 'close');
    expect([example.process.exitCode, example.process.signalCode]).toEqual([0, null]);
    expect(example.errors.join('\n')).toBe('');
  });
});

type Example = {
  readonly process: ChildProcess;
  readonly errors: string[];
  /** The first line that matches, now or when it comes; rejects if the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  logLines(): Record<string, unknown>[];
};

function start(name: string, program: string): Example {
  const folder = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  if (!existsSync(`${folder}/${program}`)) throw new Error(`Build first: examples/${name}/${program} is missing.`);
  // The examples say all there is to set; what the environment of the tests says must not matter.
  const environment = Object.entries(process.env).filter(([key]) => !/^(OTEL_|NODE_|VITEST|FORCE_COLOR)/.test(key));
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { ...Object.fromEntries(environment), PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  const output = createInterface(child.stdout).on('line', (line) => lines.push(stripVTControlCharacters(line)));
  createInterface(child.stderr).on('line', (line) => errors.push(line));

  return {
    process: child,
    errors,
    async line(pattern) {
      const ended = new AbortController();
      child.once('close', () => ended.abort());
      for (;;) {
        const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
        if (found) return found;
        if (child.exitCode !== null || child.signalCode !== null) break;
        await once(output, 'line', { signal: ended.signal }).catch(() => {});
      }
      throw new Error(`No line ${pattern} from examples/${name}.\n${[...lines, ...errors].join('\n')}`);
    },
    logLines: () => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
  };
}
