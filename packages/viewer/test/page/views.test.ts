import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page, Request } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { sendShopDay } from './shop-day.ts';

/** Where to put pictures of every view, to look at them: `THROUGHLINE_SCREENSHOTS=pictures npx pnpm vitest run …/views.test.ts`. */
const PICTURES = process.env.THROUGHLINE_SCREENSHOTS;
const WIDTHS = PICTURES === undefined ? [320, 1280] : [320, 768, 1280, 2560];
const THEMES = ['light', 'dark'] as const;

describeInBrowser('every view', (open) => {
  it('is accessible and as wide as its window, on narrow and wide screens, in both themes', async () => {
    const { page, viewer } = await open('/nowhere', { timezoneId: 'UTC', reducedMotion: 'reduce' });
    const settled = settling(page);
    const flaws: string[] = [];
    const look = async (name: string) => {
      await settled();
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: width < 500 ? 700 : Math.min(1300, Math.round(width * 0.65)) });
          await page.evaluate(FRAME);
          if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
            flaws.push(`${name} ${width}: wider than its window`);
          if (width === 320 || width === 1280) flaws.push(...(await violations(page, `${name} ${width} ${theme}`)));
          if (PICTURES !== undefined) await picture(page, `${name}-${width}-${theme}`);
        }
      }
    };
    await page.goto(viewer.url);
    await page.getByText('Waiting for the first trace').waitFor();
    await look('list-empty');
    const { views } = await sendShopDay(viewer.url);
    for (const [name, address] of Object.entries(views)) {
      await page.goto(viewer.url + address);
      await look(name);
    }
    await page.goto(viewer.url);
    await page.keyboard.press('?');
    await look('keys');
    expect(flaws).toEqual([]);
  }, 600_000);

  it('moves nothing while it loads', async () => {
    const { page, viewer } = await open('/nowhere');
    const settled = settling(page);
    const { views } = await sendShopDay(viewer.url);
    await page.addInitScript(SHIFTS);
    // Answers come one frame late, as they do over a network, so that what stands there before them is seen.
    await page.route('**/api/viewer/**', async (route) => {
      if (route.request().url().endsWith('/live')) return route.continue();
      await page.evaluate(FRAME).catch(() => {});
      await route.continue();
    });
    const moved: string[] = [];
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const [name, address] of Object.entries(views)) {
        await page.goto(viewer.url + address);
        await settled();
        const { score, what } = await page.evaluate<{ score: number; what: string[] }>('window.shifts');
        if (score > 0.002) moved.push(`${name} ${width}: ${score.toFixed(3)} ${what.join(', ')}`);
      }
    }
    expect(moved).toEqual([]);
  }, 300_000);
});

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
    for (let calm = 0; calm < 2; ) {
      await page.evaluate(FRAME);
      calm = asked.size === 0 ? calm + 1 : 0;
    }
  };
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
