import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build, type Format } from 'esbuild';

/** How a process has ended. */
export type Ending = { readonly code: number | null; readonly signal: string | null; stdout: string; stderr: string };

/** A process that runs. */
export type Running = {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with the next line of stdout. */
  line(): Promise<string>;
  readonly ended: Promise<Ending>;
};

/** A script of `test/processes` as one file without dependencies, where none of them can be found. */
export async function bundle(script: string, format: Format = 'esm') {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
  const outfile = join(folder, format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs');
  const banner =
    'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';
  await build({
    entryPoints: [fileURLToPath(new URL(`./processes/${script}.ts`, import.meta.url))],
    bundle: true,
    platform: 'node',
    format,
    outfile,
    conditions: ['throughline-source'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    ...(format === 'esm' && { banner: { js: banner } }),
  });

  function run(args: readonly string[], env: Record<string, string> = {}): Running {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_|VITEST|FORCE_COLOR)/.test(name));
    const child = spawn(process.execPath, [outfile, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(inherited), ...env },
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output.stderr += chunk;
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      child,
      line: async () => String((await lines.next()).value),
      ended: once(child, 'close').then(([code, signal]) => ({ code, signal, ...output })),
    };
  }
  return { run, remove: () => rmSync(folder, { recursive: true }) };
}
