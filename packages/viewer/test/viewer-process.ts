import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds the programs from their sources, as tests run without a build; returns their files. */
export async function buildProgram(): Promise<{
  readonly folder: string;
  readonly program: string;
  readonly cli: string;
  remove(): void;
}> {
  // Within the package, from where the database can be imported.
  const folder = mkdtempSync(join(root, 'node_modules', '.viewer-'));
  await build({
    entryPoints: ['start', 'store-thread', 'background', 'background-process', 'cli/bin'].map((name) =>
      join(root, 'src', `${name}.ts`),
    ),
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['throughline-source'],
    splitting: true,
    external: ['@duckdb/*', '@modelcontextprotocol/*'],
    outExtension: { '.js': '.js' },
  });
  const [program, cli] = [join(folder, 'start.js'), join(folder, 'cli', 'bin.js')];
  return { folder, program, cli, remove: () => rmSync(folder, { recursive: true }) };
}

export type ViewerProcess = { readonly url: string; readonly child: ChildProcess; readonly output: () => string };

/** Starts the program; resolves when it says where it is, or with an empty address when it has ended. */
export async function startProgram(program: string, file: string, port = 0): Promise<ViewerProcess> {
  const env = { ...process.env, PORT: String(port), THROUGHLINE_VIEWER_FILE: file };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const url = await new Promise<string>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const found = /Traces: (\S+)\n/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void once(child, 'close').then(() => resolve(''));
  });
  return { url, child, output: () => output };
}
