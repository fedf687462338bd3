import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** A program of examples/, in a process of its own, on the built packages. */
export type Example = {
  readonly name: string;
  readonly process: ChildProcess;
  readonly errors: string[];
  /** The first line that matches, now or when it comes; rejects if the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** The lines that are JSON. */
  logLines(): Record<string, unknown>[];
  /** Ends it as an orchestrator does, and resolves with its exit code. */
  stop(): Promise<number | null>;
};

/** Starts a program with a free port. */
export function startExample(name: string, program: string, variables: Record<string, string> = {}): Example {
  const folder = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  if (!existsSync(`${folder}/${program}`)) throw new Error(`Build first: examples/${name}/${program} is missing.`);
  // The examples say all there is to set; what the environment of the tests says must not matter.
  const environment = Object.entries(process.env).filter(([key]) => !/^(OTEL_|NODE_|VITEST|FORCE_COLOR)/.test(key));
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { ...Object.fromEntries(environment), PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  const output = createInterface(child.stdout).on('line', (line) => lines.push(stripVTControlCharacters(line)));
  createInterface(child.stderr).on('line', (line) => errors.push(line));

  return {
    name,
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
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
      return child.exitCode;
    },
  };
}
