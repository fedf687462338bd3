import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PICTURES } from '../docs/pictures/pictures.mjs';
import { SCREENS } from '../docs/pictures/screens.mjs';
import { exported, SLOW_MS } from '../docs/pictures/traffic.mjs';
import { shopDay } from '../packages/viewer/test/page/shop-day.ts';

const drawn = (name: string): string => readFileSync(new URL(`../docs/pictures/${name}.svg`, import.meta.url), 'utf8');

describe('the pictures of the pages', () => {
  it.each(Object.entries(PICTURES))('show what the code does: %s', (name, draw) => {
    expect(draw() === drawn(name), `Draw it again: npx pnpm build && node docs/pictures/draw.mjs`).toBe(true);
  });

  it('are made by a script, each of them, and each is shown on a page', () => {
    const docs = new URL('../docs/', import.meta.url);
    const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
    const shown = pages.flatMap((page) =>
      [...readFileSync(new URL(page, docs), 'utf8').matchAll(/\]\(pictures\/([\w-]+\.(?:svg|png))\)/g)].map(
        ([, file]) => file,
      ),
    );
    const made = [
      ...Object.keys(PICTURES).map((name) => `${name}.svg`),
      ...Object.keys(SCREENS).map((name) => `${name}.png`),
    ];
    const there = readdirSync(new URL('pictures/', docs)).filter((name) => /\.(svg|png)$/.test(name));
    expect(made.sort()).toEqual(shown.sort());
    expect(there.sort()).toEqual(made);
    for (const screen of Object.values(SCREENS))
      expect(Object.keys(shopDay().views)).toContain(screen.replace(/-\d+-\w+$/, ''));
  });

  it('would differ if errors or slow requests were not kept', async () => {
    const { ruleSampler } = await import('@throughline/sampling');
    const request = { atMs: 0, tookMs: 20, route: '/orders', failed: false };
    const requests = [request, { ...request, failed: true }, { ...request, tookMs: 2 * SLOW_MS }];
    const sampler = (options: { now: () => number; record: boolean }) => ruleSampler({ ratio: 0, ...options });
    expect(exported(requests, sampler, { slowerThan: SLOW_MS })).toEqual([false, true, true]);
    expect(exported(requests, sampler, { errors: false })).toEqual([false, false, false]);
    expect(exported(requests, sampler)).toEqual([false, false, false]);
  });

  it('say what the table of the call trees on the page says', () => {
    const page = readFileSync(new URL('../docs/sampling.md', import.meta.url), 'utf8');
    const printed = readFileSync(new URL('../docs/pictures/trees.txt', import.meta.url), 'utf8');
    const [table = ''] = page.match(/^local only\n[\s\S]*?(?=^```)/m) ?? [];
    expect(table.length).toBeGreaterThan(1000);
    expect(printed).toContain(table.trimEnd());
  });
});
