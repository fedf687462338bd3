import type { CDPSession, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { large } from './shop-traces.ts';
import { send } from './trace-draft.ts';

describeInBrowser('a trace of 100,000 spans', (open) => {
  it('is scrolled and walked through with the work that one of 1,000 takes', async () => {
    const traces = [large(1000), large(100_000)];
    const { page, viewer } = await open(async ({ url }) => {
      for (const { spans } of traces) await send(url, spans);
      return '/nowhere';
    });
    const work: Work[] = [];
    for (const { traceId, spans } of traces) {
      // In a page of its own, which has not compiled any code yet: blocks are counted in what is compiled from now on.
      const own = await page.context().browser()?.newPage({ viewport: page.viewportSize() });
      if (own === undefined) throw new Error('The browser is gone.');
      const session = await own.context().newCDPSession(own);
      await session.send('Profiler.enable');
      await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
      await own.goto(`${viewer.url}/trace/${traceId}`);
      const grid = own.getByRole('treegrid');
      await grid.waitFor({ timeout: 60_000 });
      await own.locator('.bottlenecks button').first().waitFor({ timeout: 60_000 });
      expect(Number(await grid.getAttribute('aria-rowcount'))).toBe(spans.length + 1);
      work.push(await measured(own, session));
      await own.close();
    }
    const [few, many] = work as [Work, Work];
    expect(few.rows).toBeGreaterThan(10);
    expect(many.rows).toBeLessThanOrEqual(few.rows);
    expect(few.changes).toBeGreaterThan(10);
    expect(many.changes).toBeLessThanOrEqual(few.changes * 1.1);
    expect(few.styled).toBeGreaterThan(100);
    expect(many.styled).toBeLessThanOrEqual(few.styled * 1.1);
    expect(few.steps).toBeGreaterThan(100);
    expect(many.steps).toBeLessThanOrEqual(few.steps * 1.5);
  }, 240_000);

  it('is gone through by keys from one end to the other, and from error to error', async () => {
    const trace = large(100_000);
    const { page } = await open(async ({ url }) => {
      await send(url, trace.spans);
      return `/trace/${trace.traceId}`;
    });
    await page.getByRole('treegrid').focus({ timeout: 60_000 });
    const active = page.locator('.waterfall tr.is-active');
    await page.keyboard.press('End');
    await expect.poll(() => active.getAttribute('aria-rowindex')).toBe('100001');
    await expect.poll(() => active.isVisible()).toBe(true);
    await page.keyboard.press('e');
    await page.getByRole('complementary', { name: 'Span details' }).waitFor();
    await expect.poll(() => active.getAttribute('class')).toContain('has-failed');
    await page.keyboard.press('Home');
    await expect.poll(() => active.getAttribute('aria-rowindex')).toBe('2');
  }, 240_000);
});

type Drawn = {
  /** The most rows in the document. */
  readonly rows: number;
  /** Nodes that were added or taken away. */
  readonly changes: number;
};

type Work = Drawn & {
  /** Elements whose style was found anew. */
  readonly styled: number;
  /** How often that block of the page's code ran that ran most often: what visits all spans shows here. */
  readonly steps: number;
};

/** Jumps through a waterfall by more than a screen at a time, then walks along rows with the details open. */
async function measured(page: Page, session: CDPSession): Promise<Work> {
  // What loading took is not asked for: counts begin anew.
  await session.send('Profiler.takePreciseCoverage');
  const browser = page.context().browser();
  await browser?.startTracing(page, { categories: ['devtools.timeline'] });
  const drawn = await page.evaluate<Drawn>(SCROLL);
  const { traceEvents }: { traceEvents: { name: string; args: { elementCount?: number } }[] } = JSON.parse(
    `${await browser?.stopTracing()}`,
  );
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'Span details' }).waitFor();
  for (let row = 3; row < 13; row++) {
    await page.keyboard.press('ArrowDown');
    await page.locator(`tr.is-active.is-selected[aria-rowindex="${row}"]`).waitFor();
  }
  const { result } = await session.send('Profiler.takePreciseCoverage');
  const counts = result
    .filter(({ url }) => url.startsWith(new URL('/assets/', page.url()).href))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
  return {
    ...drawn,
    styled: traceEvents.reduce(
      (sum, { name, args }) => sum + (name === 'UpdateLayoutTree' ? (args.elementCount ?? 0) : 0),
      0,
    ),
    steps: counts.reduce((most, count) => Math.max(most, count), 0),
  };
}

const SCROLL = `(async () => {
  const pane = document.querySelector('.waterfall');
  const drawn = { rows: 0, changes: 0 };
  const count = (records) => {
    for (const { addedNodes, removedNodes } of records) drawn.changes += addedNodes.length + removedNodes.length;
  };
  const observer = new MutationObserver(count);
  observer.observe(pane, { childList: true, subtree: true });
  for (let step = 1; step <= 20; step++) {
    pane.scrollTop = step * 1204;
    await new Promise((frame) => requestAnimationFrame(() => setTimeout(frame)));
    drawn.rows = Math.max(drawn.rows, pane.querySelectorAll('tbody tr').length);
  }
  count(observer.takeRecords());
  observer.disconnect();
  return drawn;
})()`;
