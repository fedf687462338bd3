import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildProgram, startProgram } from '../packages/viewer/test/viewer-process.ts';
import { freePort } from '../scripts/free-port.mjs';

let built: Awaited<ReturnType<typeof buildProgram>>;
let folder: string;
beforeAll(async () => {
  built = await buildProgram();
  const exports = { './background': './background.js' };
  writeFileSync(
    join(built.folder, 'package.json'),
    JSON.stringify({ name: '@throughline/viewer', exports, type: 'module' }),
  );
  folder = mkdtempSync(join(tmpdir(), 'throughline-option-'));
  await build({
    entryPoints: [fileURLToPath(new URL('./viewer-option/service.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'service.mjs'),
    conditions: ['throughline-source'],
    logLevel: 'error',
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
  });
  mkdirSync(join(folder, 'installed', 'node_modules', '@throughline'), { recursive: true });
  symlinkSync(built.folder, join(folder, 'installed', 'node_modules', '@throughline', 'viewer'));
});
afterAll(() => {
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number | null; readonly out: string; readonly error: string };

/** Runs the service where the viewer is installed, or elsewhere. */
async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = join(folder, 'installed'),
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|NODE_|VITEST|FORCE_COLOR|XDG_)/.test(name),
  );
  const child = spawn(process.execPath, [join(folder, 'service.mjs'), ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { out: '', error: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.error += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** A port and a place for files that no other viewer has; what was started there ends with the test. */
async function newPlace(): Promise<{ readonly url: string; readonly env: Record<string, string> }> {
  const port = await freePort();
  const state = mkdtempSync(join(tmpdir(), 'throughline-state-'));
  const url = `http://127.0.0.1:${port}`;
  onTestFinished(async () => {
    const pid = await pidAt(url).catch(() => 0);
    if (pid > 0) process.kill(pid, 'SIGKILL');
    rmSync(state, { recursive: true, force: true });
  });
  return { url, env: { THROUGHLINE_VIEWER_PORT: `${port}`, XDG_STATE_HOME: state } };
}

async function pidAt(url: string): Promise<number> {
  return ((await (await fetch(`${url}/api/viewer/status`)).json()) as { pid: number }).pid;
}

/** Something else that listens. */
async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function linksIn({ error }: Ended): string[] {
  return error.split('\n').filter((line) => line.includes('/trace/'));
}

describe('startTracing with viewer: true', () => {
  it('says how to install the viewer where it is not', async () => {
    const { code, error } = await run(['true'], {}, folder);
    expect(error).toMatch(/needs the package @throughline\/viewer.*`npm install -D @throughline\/viewer`/);
    expect(code).toBe(9);
  });

  it('starts a viewer that outlives the program, and links to what failed once it can be opened', async () => {
    const { url, env } = await newPlace();
    const ended = await run(['true', 'fine', 'failed job'], env);
    expect([ended.code, ended.out]).toEqual([0, 'done\n']);
    expect(ended.error).toMatch(new RegExp(`^Traces: ${url} \\(process ${await pidAt(url)}, until nobody has used it`));
    const [link, ...others] = linksIn(ended);
    expect(others).toEqual([]);
    expect(link).toMatch(/^failed: failed job, [\d.]+ [mµ]?s → http/);
    const traceId = link?.split('/').at(-1);
    const answer = await fetch(`${url}/api/viewer/summaries?ids=${traceId}`);
    expect(await answer.json()).toMatchObject({ traces: [{ rootName: 'failed job', spanCount: 2 }] });
  });

  it('gives programs that start at the same time one viewer, with the traces of all', async () => {
    const { url, env } = await newPlace();
    const all = await Promise.all(Array.from({ length: 4 }, () => run(['true', 'failed'], env)));
    expect(all.map(({ code, error }) => [code, linksIn({ code, error, out: '' }).length])).toEqual(
      Array(4).fill([0, 1]),
    );
    const pid = await pidAt(url);
    const saidPids = all.flatMap(({ error }) => /\(process (\d+)/.exec(error)?.[1] ?? []);
    expect(new Set(saidPids)).toEqual(new Set([`${pid}`]));
    const { traces } = (await (await fetch(`${url}/api/viewer/traces`)).json()) as { traces: unknown[] };
    expect(traces).toHaveLength(4);
  });

  it('takes nothing else for a viewer, says so, and lets the program end', async () => {
    const { env } = await newPlace();
    const other = await listen((_, response) => response.end('{}'));
    const taken = await run(['true', 'failed'], { ...env, THROUGHLINE_VIEWER_PORT: new URL(other).port });
    expect(taken.error).toContain(`There is no viewer at ${other}: Port`);
    expect(taken.error).toContain('taken by another program');
    expect([taken.code, linksIn(taken)]).toEqual([0, []]);
    const silent = await listen(() => {});
    const port = new URL(silent).port;
    const hanging = await run(['true', 'failed'], { ...env, THROUGHLINE_VIEWER_PORT: port, FLUSH_MS: '1000' });
    expect([hanging.code, linksIn(hanging)]).toEqual([0, []]);
  });

  it('is ignored with a warning in production, and where spans are sent elsewhere', async () => {
    const { url, env } = await newPlace();
    const collected: string[] = [];
    const collector = await listen((request, response) => {
      collected.push(request.url ?? '');
      response.end();
    });
    const elsewhere = await run(['true', 'failed'], { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector });
    expect(elsewhere.error).toContain('`viewer` is ignored, as OTEL_EXPORTER_OTLP_ENDPOINT sends the spans elsewhere.');
    expect(collected).toEqual(['/v1/traces']);
    const production = await run(['true'], { ...env, NODE_ENV: 'production' }, folder);
    expect(production.error).toContain('`viewer` is for development and is ignored');
    expect(production.code).toBe(0);
    await expect(pidAt(url)).rejects.toThrow();
  });
});

describe('startTracing with the address of a viewer', () => {
  async function viewer(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { url, output } = await startProgram(built.program, join(folder, 'traces.duckdb'));
    expect(url, output()).not.toBe('');
    return url;
  }

  it('needs no package, and links to failed requests and to slow ones that begin here, each once', async () => {
    const url = await viewer();
    const jobs = ['fine', 'slow', 'called and slow', 'called and failed*3', 'failed'];
    const ended = await run(
      [url, ...jobs],
      { OTEL_EXPORTER_OTLP_ENDPOINT: url.replace('127.0.0.1', 'localhost') },
      folder,
    );
    // Whether the viewer answers is asked meanwhile, so a link may come first.
    expect(ended.error.split('\n')).toContain(`Traces: ${url}`);
    expect(linksIn(ended).map((line) => line.replace(/[\d.]+ [mµ]?s|[\da-f]{32}/g, '…'))).toEqual([
      `slow: slow, … → ${url}/trace/…`,
      `failed: called and failed, … → ${url}/trace/…`,
      `failed: failed, … → ${url}/trace/…`,
    ]);
  });

  it('prints no more links than anyone reads', async () => {
    const ended = await run([await viewer(), 'failed*90'], {}, folder);
    expect(linksIn(ended)).toHaveLength(5);
    expect(ended.error).toContain('and 85 more failed or slow requests → http');
    expect(ended.code).toBe(0);
  });

  it('tells where no viewer answers, and lets the program end', async () => {
    const { url } = await newPlace();
    const ended = await run([url, 'failed'], {}, folder);
    expect(ended.error).toContain(`There is no viewer at ${url}: nobody answers there`);
    expect([ended.code, linksIn(ended)]).toEqual([0, []]);
  });
});

describe('a viewer in the background', () => {
  it('ends when nobody has used it for a while', async () => {
    const { url, env } = await newPlace();
    const program = join(built.folder, 'background-process.js');
    const child = spawn(process.execPath, [program, new URL(url).port, '600'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [message] = await once(child, 'message');
    expect(message).toEqual({ is: 'ready' });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
