import { decodeOtlpJson } from '@throughline/analysis';
import { expect, it } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { checkout, large } from './shop-traces.ts';
import { send, sendLog, TraceDraft } from './trace-draft.ts';

describeInBrowser('the view of a trace', (open) => {
  const withCheckout = async ({ url }: { url: string }) => {
    const trace = checkout({ isFailed: true });
    await send(url, trace.spans);
    return `/trace/${trace.traceId}`;
  };

  it('folds repeated siblings, and opens them', async () => {
    const { page } = await open(withCheckout);
    const rows = page.locator('.waterfall tbody tr');
    await expect.poll(() => rows.count()).toBe(10);
    const fold = rows.filter({ hasText: 'SELECT prices' });
    expect(await fold.textContent()).toContain('×12');
    expect(await fold.getAttribute('aria-expanded')).toBe('false');
    await fold.getByRole('button', { name: 'Open' }).click();
    await expect.poll(() => rows.count()).toBe(22);
  });

  it('opens the details of a span by keys: attributes, events, and the message of its failure', async () => {
    const { page } = await open(withCheckout);
    await page.getByRole('treegrid').waitFor();
    // The keys begin at the root, which has failed too.
    await page.keyboard.press('e');
    await page.keyboard.press('e');
    const details = page.getByRole('complementary', { name: 'Span details' });
    await details.getByText('CardDeclined').waitFor();
    const text = await details.textContent();
    for (const part of ['card declined', 'server.address', 'api.bank.example', 'exception', 'payments', 'Self time'])
      expect(text).toContain(part);
    await page.keyboard.press('Escape');
    await expect.poll(() => details.count()).toBe(0);
  });

  it('jumps from error to error and around, also to those that are folded away', async () => {
    const { page } = await open(async ({ url }) => {
      const trace = new TraceDraft();
      const root = trace.add(undefined, 'import', 0, 100);
      for (let index = 0; index < 50; index++)
        trace.add(root, 'row', index * 2, 1.5, index === 33 || index === 44 ? { status: 'error' } : {});
      await send(url, trace.spans);
      return `/trace/${trace.traceId}`;
    });
    await page.getByRole('treegrid').waitFor();
    const selected = page.locator('.waterfall tr[aria-selected=true]');
    const starts = async () => {
      await page.locator('.details .figures').waitFor();
      return page.locator('.details .figures dd').nth(2).textContent();
    };
    await page.keyboard.press('e');
    await expect.poll(() => selected.count()).toBe(1);
    expect(await starts()).toBe('66.0 ms');
    await page.keyboard.press('e');
    await expect.poll(starts).toBe('88.0 ms');
    await page.keyboard.press('e');
    await expect.poll(starts).toBe('66.0 ms');
    await page.keyboard.press('E');
    await expect.poll(starts).toBe('88.0 ms');
    await expect.poll(() => selected.isVisible()).toBe(true);
  });

  it('shows the critical path: of twelve bars, those that the request waited for', async () => {
    const { page } = await open(withCheckout);
    await page.getByRole('treegrid').waitFor();
    expect(await page.locator('.critical').count()).toBe(0);
    await page.keyboard.press('c');
    await page.locator('.critical').first().waitFor();
    expect(await page.locator('tr.is-critical .name').allTextContents()).toContain('POST /payments');
    expect(await page.getByRole('button', { name: 'Critical path' }).getAttribute('aria-pressed')).toBe('true');
    expect(new URL(page.url()).searchParams.get('critical')).toBe('1');
  });

  it('holds its whole state in the address: another browser sees the same', async () => {
    const { page } = await open(withCheckout);
    await page.getByRole('treegrid').waitFor();
    await page.locator('.waterfall tr', { hasText: 'GET /cart' }).click();
    await page.keyboard.press('f');
    await page.keyboard.press('c');
    const fold = page.locator('.waterfall tbody tr', { hasText: '×12' });
    await fold.getByRole('button', { name: 'Open' }).click();
    const rows = page.locator('.waterfall tbody tr');
    await expect.poll(() => rows.count()).toBe(14);
    const stranger = await page.context().browser()?.newPage();
    if (stranger === undefined) throw new Error('The browser is gone.');
    await stranger.goto(page.url());
    await expect.poll(() => stranger.locator('.waterfall tbody tr').count()).toBe(14);
    expect(await stranger.getByRole('navigation', { name: 'Focus' }).textContent()).toContain('GET /cart');
    expect(await stranger.locator('.details h2').textContent()).toBe('GET /cart');
    expect(await stranger.locator('.critical').count()).toBeGreaterThan(0);
    await stranger.close();
  });

  it('finds spans within the trace and steps through them', async () => {
    const { page } = await open(withCheckout);
    await page.getByRole('treegrid').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('db.system.name = postgresql');
    await page.keyboard.press('Enter');
    await page.getByText('13 found').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await expect.poll(() => page.locator('.details h2').textContent()).toBe('SELECT prices');
    await page.keyboard.press('N');
    await expect.poll(() => page.locator('.details h2').textContent()).toBe('UPDATE items');
  });

  it('copies the trace as OTLP JSON', async () => {
    const { page } = await open(withCheckout, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'OTLP JSON' }).click();
    await page.getByText('Copied').waitFor();
    const copied = decodeOtlpJson(await page.evaluate<string>('navigator.clipboard.readText()'));
    expect(copied.map(({ name }) => name).filter((name) => name === 'SELECT prices').length).toBe(12);
  });

  it('shows logs under their spans', async () => {
    const { page } = await open(async ({ url }) => {
      const trace = checkout();
      await send(url, trace.spans);
      const cart = trace.spans.find(({ name }) => name === 'GET /cart');
      if (cart === undefined) throw new Error('There is no cart.');
      await sendLog(url, cart, 'cart of 12 items', 9);
      return `/trace/${trace.traceId}`;
    });
    await page.getByRole('button', { name: 'Logs 1' }).click();
    const row = page.locator('.waterfall tbody tr.log-row');
    await expect.poll(() => row.textContent()).toContain('cart of 12 items');
    expect(await row.getAttribute('aria-level')).toBe('3');
  });

  it('shows hostile names, keys and values as text', async () => {
    const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
    const { page } = await open(async ({ url }) => {
      const trace = new TraceDraft();
      const root = trace.add(undefined, hostile, 0, 10, {
        service: hostile,
        status: 'error',
        statusMessage: hostile,
        attributes: { [hostile]: hostile, __proto__x: 'javascript:window.hacked=1', 'url.full': 'javascript:alert(1)' },
        events: [{ name: hostile, timeUnixNano: trace.at(1), attributes: { [hostile]: hostile } }],
      });
      await send(url, trace.spans);
      await sendLog(url, root, hostile, 17);
      return `/trace/${trace.traceId}?span=${root.spanId}&logs=1`;
    });
    const details = page.getByRole('complementary', { name: 'Span details' });
    await details.getByText('url.full').waitFor();
    expect((await details.textContent())?.split(hostile).length).toBeGreaterThan(6);
    await page.goto(new URL('/', page.url()).href);
    await page.locator('table.traces a.open').waitFor();
    expect(await page.locator('table.traces a.open').textContent()).toBe(hostile);
    expect(await page.locator('img, #page script').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBe(undefined);
  });

  it('draws no more rows for 100,000 spans than for 1,000, wherever they are scrolled to', async () => {
    const traces = [large(1000), large(100_000)];
    const { page, viewer } = await open(async ({ url }) => {
      for (const { spans } of traces) await send(url, spans);
      return '/';
    });
    const grid = page.getByRole('treegrid');
    const drawn: Drawn[] = [];
    for (const { traceId, spans } of traces) {
      await page.goto(`${viewer.url}/trace/${traceId}`);
      await grid.waitFor({ timeout: 60_000 });
      expect(Number(await grid.getAttribute('aria-rowcount'))).toBe(spans.length + 1);
      drawn.push(await page.evaluate<Drawn>(SCROLL));
    }
    const [few = NOTHING, many = NOTHING] = drawn;
    expect(few.rows).toBeGreaterThan(10);
    expect(many.rows).toBeLessThanOrEqual(few.rows + 2);
    expect(few.changes).toBeGreaterThan(10);
    // In a short trace two jumps may share rows, which stay.
    expect(many.changes).toBeLessThanOrEqual(few.changes * 2);
    await grid.focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.locator('.waterfall tr.is-active').getAttribute('aria-rowindex')).toBe('100001');
    await expect.poll(() => page.locator('.waterfall tr.is-active').isVisible()).toBe(true);
    await page.keyboard.press('e');
    await page.getByRole('complementary', { name: 'Span details' }).waitFor();
  }, 240_000);

  it('says so when there is no such trace', async () => {
    const { page } = await open('/trace/ffffffffffffffffffffffffffffffff');
    await page.getByRole('heading', { name: 'This trace cannot be shown' }).waitFor();
  });
});

type Drawn = { readonly rows: number; readonly changes: number };

const NOTHING: Drawn = { rows: 0, changes: 0 };

/** Jumps through all of the waterfall and answers the most rows it ever holds and the most nodes a jump adds or takes away. */
const SCROLL = `(async () => {
  const pane = document.querySelector('.waterfall');
  let changed = 0;
  const count = (records) => {
    for (const { addedNodes, removedNodes } of records) changed += addedNodes.length + removedNodes.length;
  };
  const observer = new MutationObserver(count);
  observer.observe(pane, { childList: true, subtree: true });
  let rows = 0;
  let changes = 0;
  for (let step = 1; step <= 40; step++) {
    changed = 0;
    pane.scrollTop = step * (pane.scrollHeight / 41);
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    count(observer.takeRecords());
    rows = Math.max(rows, pane.querySelectorAll('tbody tr').length);
    changes = Math.max(changes, changed);
  }
  observer.disconnect();
  return { rows, changes };
})()`;
