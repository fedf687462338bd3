import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { encodeOtlpJson, type Span } from '@throughline/analysis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ORIGIN, span } from './spans.ts';
import { buildProgram } from './viewer-process.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

let built: Awaited<ReturnType<typeof buildProgram>>;
let folder: string;
beforeAll(async () => {
  built = await buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'throughline-view-'));
});
afterAll(() => {
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, spans: readonly Span[]): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(encodeOtlpJson(spans)));
  return file;
}

type Run = {
  readonly child: ChildProcess;
  /** Resolves with its next line, or with nothing when it has ended. */
  line(): Promise<string | undefined>;
  readonly ended: Promise<{ readonly code: number | null; readonly error: string }>;
};

function throughline(...args: readonly string[]): Run {
  return throughlineWith({}, ...args);
}

function throughlineWith(variables: NodeJS.ProcessEnv, ...args: readonly string[]): Run {
  const env = {
    ...process.env,
    THROUGHLINE_SOURCE: '',
    THROUGHLINE_VIEWER_PORT: '',
    ...variables,
    THROUGHLINE_VIEWER_FILE: join(folder, 'kept', 'traces.duckdb'),
  };
  const child = spawn(process.execPath, [built.cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let error = '';
  child.stderr.on('data', (chunk) => {
    error += chunk;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => (await lines.next()).value,
    ended: once(child, 'close').then(([code]) => ({ code, error })),
  };
}

async function tracesAt(url: string): Promise<string[]> {
  const answer = (await (await fetch(`${url}/api/viewer/traces`)).json()) as { traces: { traceId: string }[] };
  return answer.traces.map(({ traceId }) => traceId);
}

describe('throughline view', () => {
  it('shows a file at once, until it is told to end', async () => {
    const run = throughline('view', fileOf('one.json', [span({ traceId: TRACE })]));
    const link = (await run.line()) ?? '';
    expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/trace/${TRACE}$`));
    expect(await tracesAt(new URL(link).origin)).toEqual([TRACE]);
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 0, error: 'Ctrl-C ends it.\n' });
  });

  it('shows a backend, here another viewer, with a token where others may come', async () => {
    // Backends look at the last hour.
    const startMs = Date.now() - Number(ORIGIN) / 1e6;
    const first = throughline('view', fileOf('two.json', [span({ startMs }), span({ startMs })]));
    const url = (await first.line()) ?? '';
    const second = throughline('view', '-s', url, '--host', '0.0.0.0', '--json');
    const printed: string[] = [];
    while (printed.at(-1) !== '}') printed.push((await second.line()) ?? '}');
    const { link, wasRunning } = JSON.parse(printed.join('')) as { link: string; wasRunning: boolean };
    expect(wasRunning).toBe(false);
    const { origin, searchParams } = new URL(link);
    expect((await fetch(`${origin}/api/viewer/traces`)).status).toBe(401);
    const headers = { authorization: `Bearer ${searchParams.get('token')}` };
    const answer = await fetch(`${origin}/api/viewer/traces`, { headers });
    expect(((await answer.json()) as { traces: unknown[] }).traces).toHaveLength(2);
  });

  it('receives spans without a file, and uses the viewer that runs already', async () => {
    const first = throughline('view', '--port', '0');
    const url = (await first.line()) ?? '';
    const { status } = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(encodeOtlpJson([span({ traceId: TRACE })])),
    });
    expect(status).toBe(200);
    const second = throughline('view', '--port', new URL(url).port);
    expect(await second.line()).toBe(url);
    expect(await second.ended).toEqual({ code: 0, error: 'It was running already.\n' });
    expect(await tracesAt(url)).toEqual([TRACE]);
    const there = { THROUGHLINE_VIEWER_PORT: new URL(url).port };
    expect(await throughlineWith(there, 'view').line()).toBe(url);
    expect(await throughlineWith(there, 'show', TRACE).line()).toContain('GET /orders');
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
  });

  it('says so where the port of the viewer is none', async () => {
    const { code, error } = await throughlineWith({ THROUGHLINE_VIEWER_PORT: 'http' }, 'view').ended;
    expect(error).toBe(
      'throughline view failed: Expected THROUGHLINE_VIEWER_PORT to be a number from 1 to 65535, got "http".\n',
    );
    expect(code).toBe(1);
    const asked = await throughlineWith({ THROUGHLINE_VIEWER_PORT: '70000' }, 'find').ended;
    expect(asked).toEqual({
      code: 1,
      error: 'throughline find failed: Expected THROUGHLINE_VIEWER_PORT to be a number from 1 to 65535, got "70000".\n',
    });
  });

  it('takes nothing else for a viewer that listens on its port', async () => {
    const server = createServer((_, response) => response.end('{"store":{},"received":{},"program":"a collector"}'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, error } = await throughline('view', '--port', `${port}`).ended;
    expect(error).toContain(`Port ${port} is taken by another program, maybe a Collector.`);
    expect(code).toBe(1);
  });

  it.each<[string[], number, string]>([
    [['/no/such/file.json'], 1, 'there is no such file'],
    [['jaeger+http://localhost:9'], 1, 'Is it running, and is this its address?'],
    [['a.json', 'b.json'], 2, 'Expected one file or address.'],
    [['-'], 2, 'view reads no standard input'],
    [['a.json', '--file', 'x.duckdb'], 2, 'it is for what is received'],
    [['--port', '70000'], 2, 'Expected --port to be a number from 0 to 65535'],
  ])('says what is wrong with view %j', async (args, expected, message) => {
    const { code, error } = await throughline('view', ...args).ended;
    expect(error).toContain(message);
    expect(error).not.toMatch(/\[\w+\]|\n\s+at /);
    expect(code).toBe(expected);
  });
});

describe('throughline mcp', () => {
  it('answers a model on standard input and output, about a file, and ends with it', async () => {
    const args = [built.cli, 'mcp', fileOf('asked.json', [span({ traceId: TRACE, name: 'GET /asked' })])];
    const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'pipe' });
    let error = '';
    transport.stderr?.on('data', (chunk) => {
      error += chunk;
    });
    const client = new Client({ name: 'test', version: '1.0.0' });
    onTestFinished(() => client.close());
    await client.connect(transport);
    const { structuredContent } = await client.callTool({ name: 'summarize_trace', arguments: { trace_id: TRACE } });
    expect(structuredContent).toMatchObject({ name: 'GET /asked', spans: 1 });
    const closed = new Promise<void>((resolve) => {
      client.onclose = resolve;
    });
    await client.close();
    await closed;
    expect(error).toBe('');
  });

  it.each<[string[], number, string]>([
    [['/no/such/file.json'], 1, 'there is no such file'],
    [['-'], 2, 'questions come from standard input'],
    [['--json'], 2, 'the protocol is JSON'],
  ])('says what is wrong with mcp %j', async (args, expected, message) => {
    const { code, error } = await throughline('mcp', ...args).ended;
    expect([code, error]).toEqual([expected, expect.stringContaining(message)]);
  });
});
