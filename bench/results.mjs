import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { report } from './report.mjs';

/** Puts one part of the results in place of the one before, and writes results.json and results.md anew. */
export function record(part, value, folder = fileURLToPath(new URL('.', import.meta.url))) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'results.json');
  const results = { ...known(file), [part]: value };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, 'results.md'), report(results));
}

function known(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}
