import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page, Request } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { shopDay } from './shop-day.ts';

/** Where to put pictures of every view, to look at them: `THROUGHLINE_SCREENSHOTS=pictures npx pnpm vitest run …/views.test.ts`. */
const PICTURES = process.env.THROUGHLINE_SCREENSHOTS;
const WIDTHS = PICTURES === undefined ? [320, 1280] : [320, 768, 1280, 2560];
const THEMES = ['light', 'dark'] as const;

const { views, send } = shopDay();
const CALM = { timezoneId: 'UTC', reducedMotion: 'reduce' } as const;
const ACCESSIBLE = 'is accessible and as wide as its window, on narrow and wide screens, in both themes';

describeInBrowser('every view', (open) => {
  it.each(Object.entries(views))(`%s ${ACCESSIBLE}`, async (name, address) => {
    const { page, viewer } = await open('/nowhere', CALM);
    const settled = settling(page);
    await send(viewer.url);
    await page.goto(viewer.url + address);
    await settled();
    expect(await flawsOf(page, name)).toEqual([]);
  });

  it(`a list without traces, and the keys, ${ACCESSIBLE}`, async () => {
    const { page } = await open('/', CALM);
    await page.getByText('Waiting for the first trace').waitFor();
    expect(await flawsOf(page, 'list-empty')).toEqual([]);
    await page.keyboard.press('?');
    expect(await flawsOf(page, 'keys')).toEqual([]);
  });

  it.each([320, 1280])('moves nothing while it loads, at %i pixels', async (width) => {
    const { page, viewer } = await open('/nowhere');
    const settled = settling(page);
    await send(viewer.url);
    await page.addInitScript(SHIFTS);
    // Answers come one frame late, as they do over a network, so that what stands there before them is seen.
    await page.route('**/api/viewer/**', async (route) => {
      if (route.request().url().endsWith('/live')) return route.continue();
      await page.evaluate(FRAME).catch(() => {});
      await route.continue();
    });
    await page.setViewportSize({ width, height: 800 });
    const moved: string[] = [];
    for (const [name, address] of Object.entries(views)) {
      await page.goto(viewer.url + address);
      await settled();
      const { score, what } = await page.evaluate<{ score: number; what: string[] }>('window.shifts');
      if (score > 0.002) moved.push(`${name}: ${score.toFixed(3)} ${what.join(', ')}`);
    }
    expect(moved).toEqual([]);
  });
});

/** What is wrong with what is open, at each width and in each theme. */
async function flawsOf(page: Page, name: string): Promise<string[]> {
  const flaws: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 500 ? 700 : Math.min(1300, Math.round(width * 0.65)) });
      await frame(page);
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
        flaws.push(`${name} ${width}: wider than its window`);
      if (width === 320 || width === 1280) flaws.push(...(await violations(page, `${name} ${width} ${theme}`)));
      if (PICTURES !== undefined) await picture(page, `${name}-${width}-${theme}`);
    }
  }
  return flaws;
}

const FRAME = 'new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))';

/** Adds up how much moves without anybody having done something. */
const SHIFTS = `
  window.shifts = { score: 0, what: [] };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      window.shifts.score += value;
      for (const { node } of sources) window.shifts.what.push(node?.className || node?.nodeName || 'gone');
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** Makes a function that waits until nothing is asked for any more and what came is drawn. */
function settling(page: Page): () => Promise<void> {
  const asked = new Set<Request>();
  const forget = (request: Request) => asked.delete(request);
  page.on('request', (request) => {
    if (!request.url().endsWith('/live')) asked.add(request);
  });
  page.on('requestfinished', forget);
  page.on('requestfailed', forget);
  return async () => {
    await page.locator('main > *').first().waitFor();
    const deadline = Date.now() + 20_000;
    for (let calm = 0; calm < 2; ) {
      await frame(page);
      calm = asked.size === 0 ? calm + 1 : 0;
      if (Date.now() > deadline)
        throw new Error(`${page.url()} still waits for ${[...asked].map((request) => request.url()).join(', ')}`);
    }
  };
}

/** Waits until what is there now is drawn. A page that draws nothing for half a minute is an error that says so. */
async function frame(page: Page): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${page.url()} draws nothing`)), 30_000);
  });
  await Promise.race([page.evaluate(FRAME), late]).finally(() => clearTimeout(timer));
}

async function violations(page: Page, where: string): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  );
  return found.map(
    ({ id, nodes }) => `${where}: ${id} ${nodes.length} × ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`,
  );
}

async function picture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES as string, { recursive: true });
  await page.screenshot({ path: join(PICTURES as string, `${name}.png`) });
}
