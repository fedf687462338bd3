import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { builtPage } from './browser.ts';

const built = builtPage();

async function sizes(): Promise<Map<string, number>> {
  const files = (await readdir(built.folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const measured = files.map(async ({ parentPath, name }) => {
    const content = await readFile(join(parentPath, name));
    return [name, gzipSync(content).length] as const;
  });
  return new Map(await Promise.all(measured));
}

it('weighs at most 45 KB before the first trace is seen, and 120 KB in all', async () => {
  const all = await sizes();
  const html = await readFile(join(built.folder, 'index.html'), 'utf8');
  const first = [...all].filter(([name]) => name === 'index.html' || html.includes(name));
  expect(first.length).toBeGreaterThanOrEqual(3);
  const sum = (entries: Iterable<readonly [string, number]>) =>
    [...entries].reduce((total, [, size]) => total + size, 0);
  expect(sum(first)).toBeLessThanOrEqual(45_000);
  expect(sum(all)).toBeLessThanOrEqual(120_000);
});

it('has no inline script, style or handler, which its content security policy would not run', async () => {
  const html = await readFile(join(built.folder, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
});
