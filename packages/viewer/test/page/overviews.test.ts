import { expect, it } from 'vitest';
import type { ViewerUnderTest } from '../viewer-under-test.ts';
import { describeInBrowser } from './browser.ts';
import { browse, checkout } from './shop-traces.ts';
import { send } from './trace-draft.ts';

describeInBrowser('the overviews', (open) => {
  const withShop = async ({ url }: ViewerUnderTest) => {
    const now = Date.now();
    for (let index = 0; index < 40; index++) {
      const startMs = now - 60_000 + index * 1500;
      await send(url, checkout({ startMs, slowness: index % 8 === 3 ? 9 : 1, isFailed: index % 10 === 6 }).spans);
    }
    await send(url, browse(now - 1000, 9).spans);
  };

  it('draw the services, callers to the left, and list the calls of the one that is chosen', async () => {
    const { page } = await open(async (viewer) => {
      await withShop(viewer);
      return '/map';
    });
    const node = (name: string) => page.locator('.service-graph button', { hasText: name });
    await node('payments').waitFor();
    const lefts = await Promise.all(
      ['shop', 'payments', 'api.bank.example'].map(async (name) => (await node(name).boundingBox())?.x ?? 0),
    );
    expect(lefts).toEqual(lefts.toSorted((a, b) => a - b));
    expect(new Set(lefts).size).toBe(3);
    await node('payments').click();
    await page.getByRole('heading', { name: 'Calls from and to payments' }).waitFor();
    const calls = page.locator('.calls').first().locator('tbody tr');
    await expect.poll(() => calls.count()).toBe(2);
    expect(new URL(page.url()).searchParams.get('node')).toBe('payments');
  });

  it('have room in the drawing for many calls of which some fail', async () => {
    const { page } = await open(async ({ url }) => {
      const trace = checkout({ startMs: Date.now() - 1000, isFailed: true });
      await send(
        url,
        trace.spans.map((span) => ({ ...span, traceState: 'ot=th:fffc' })),
      );
      return '/map';
    });
    await page.getByText('16,384 calls · 100 % failed').first().waitFor();
    const cut = page.locator('.service-graph button').evaluateAll((nodes) =>
      nodes.flatMap((node) => {
        const isCut = [node, ...node.querySelectorAll('.text, .figure')].some(
          ({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
            scrollWidth > clientWidth || scrollHeight > clientHeight,
        );
        return isCut ? [node.textContent] : [];
      }),
    );
    expect(await cut).toEqual([]);
  });

  it('say which attribute the slowest spans have in common, and lead to their traces', async () => {
    const { page } = await open(async (viewer) => {
      await withShop(viewer);
      return '/latency';
    });
    await page.locator('.heat .cell').first().waitFor();
    await page.getByRole('button', { name: 'Slowest' }).click();
    const row = page.locator('.differences tbody tr', { hasText: 'client.version' }).filter({ hasText: '2.9.0' });
    await row.waitFor();
    await row.getByRole('link').click();
    await expect.poll(() => page.locator('table.traces tbody tr').count()).toBe(5);
  });

  it('take a box drawn into the heat map as a selection, and keep it in the address', async () => {
    const { page } = await open(async (viewer) => {
      await withShop(viewer);
      return '/latency';
    });
    await page.locator('.heat .cell').first().waitFor();
    const place = await page.locator('.heat svg').boundingBox();
    if (place === null) throw new Error('There is no heat map.');
    await page.mouse.move(place.x + 2, place.y + 2);
    await page.mouse.down();
    await page.mouse.move(place.x + place.width * 0.5, place.y + place.height - 2, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('heading', { name: 'What is different' }).waitFor();
    const { searchParams } = new URL(page.url());
    expect(Number(searchParams.get('selectToMs'))).toBeGreaterThan(Number(searchParams.get('selectFromMs')));
    await page.reload();
    await page.locator('.heat .box').waitFor();
    await page.getByRole('heading', { name: 'What is different' }).waitFor();
  });

  it('select in the heat map by keys alone, and tell what is in the box that is drawn', async () => {
    const { page } = await open(async (viewer) => {
      await withShop(viewer);
      return '/latency';
    });
    const map = page.getByRole('application', { name: /^Latency of \d+ spans/ });
    const reading = page.locator('#heat-reading');
    await map.focus();
    // The keys begin where it is slowest.
    await expect.poll(() => reading.textContent()).toMatch(/^[1-9]\d* spans? of 562 ms to 1\.00 s/);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await expect.poll(() => reading.textContent()).toMatch(/^10 spans of 562 ms/);
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => reading.textContent()).toMatch(/^0 spans of 1\.00 s/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await page.keyboard.press('Enter');
    await page.getByText('10 selected spans against').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.differences').count()).toBe(0);
  });

  it('compare two traces that are chosen in the list', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, checkout({ startMs: Date.now() - 9000 }).spans);
      await send(url, checkout({ startMs: Date.now() - 2000, slowness: 9 }).spans);
      return '/';
    });
    const boxes = page.getByRole('checkbox', { name: 'Compare POST /checkout' });
    await boxes.nth(1).check();
    await boxes.nth(0).check();
    await page.locator('.marked').getByRole('link', { name: 'Compare' }).click();
    await page.getByText('560 ms slower').waitFor();
    const worst = page.locator('.compared tbody tr', { has: page.locator('.more-time') });
    await expect.poll(() => worst.first().locator('.path').textContent()).toBe('POST');
    await page.getByRole('button', { name: 'Swap' }).click();
    await page.getByText('560 ms faster').waitFor();
  });

  it('compare this run with the last, and say what is not by chance', async () => {
    const { page } = await open(async ({ url }) => {
      for (let index = 0; index < 30; index++) await send(url, checkout({ slowness: 1 + index / 300 }).spans);
      await fetch(`${url}/api/viewer/runs`, { method: 'POST' });
      for (let index = 0; index < 30; index++) await send(url, checkout({ slowness: 5 + index / 300 }).spans);
      return '/compare?of=runs';
    });
    await page.getByRole('heading', { name: 'Not by chance' }).waitFor();
    await expect.poll(() => page.locator('.anomalies li').first().textContent()).toMatch(/payments.*POST.*slower/);
  });

  it('draw a flame graph, and look closer at what is chosen', async () => {
    const { page } = await open(async ({ url }) => {
      const { spans, traceId } = checkout();
      await send(url, spans);
      return `/trace/${traceId}?view=flame`;
    });
    const box = (name: string) => page.locator('.flame .box', { hasText: name });
    await box('SELECT prices').waitFor();
    expect(await box('SELECT prices').textContent()).toContain('×12');
    const before = (await box('SELECT prices').boundingBox())?.width ?? 0;
    await box('GET /cart').click();
    await expect.poll(async () => ((await box('SELECT prices').boundingBox())?.width ?? 0) / before).toBeGreaterThan(2);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await box('POST /checkout').waitFor();
  });
});
