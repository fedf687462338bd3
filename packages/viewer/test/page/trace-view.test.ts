import { decodeOtlpJson } from '@throughline/analysis';
import { expect, it } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { checkout } from './shop-traces.ts';
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
    // Twelve pieces with a gap between each: a piece begins and ends with the colour.
    const bar = (await fold.locator('.span-bar').getAttribute('style')) ?? '';
    expect(bar.split('var(--c)').length - 1).toBe(24);
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

  it('says of a span whether it is slow for what it is, and how much of its time is its own', async () => {
    const fast = checkout({ slowness: 1 });
    const { page, viewer } = await open(async ({ url }) => {
      await send(url, fast.spans);
      for (let index = 1; index < 30; index++) await send(url, checkout({ slowness: 1 + index / 100 }).spans);
      const slow = checkout({ slowness: 9 });
      await send(url, slow.spans);
      return `/trace/${slow.traceId}?span=${slow.spans.find(({ name }) => name === 'POST /payments')?.spanId}`;
    });
    const rank = page.getByRole('region', { name: 'Is this span slow?' });
    await expect.poll(() => rank.textContent()).toMatch(/^Slow\. Slower than 97 % of 31 like it.*p99/);
    const row = (name: string) => page.locator('.waterfall tbody tr', { hasText: name });
    expect(await row('POST /payments').locator('.number').allTextContents()).toEqual(['630 ms', '8.00 ms']);
    const bar = (name: string) => row(name).locator('.self .length').getAttribute('style');
    // Of the longest self time in the trace, which is the call to the bank.
    expect(await bar('POST /payments')).toBe(`--share: ${8 / 622};`);
    await page.locator('.waterfall tbody tr', { hasText: 'GET /session' }).click();
    // All of them take the same time.
    await expect.poll(() => rank.textContent()).toMatch(/^As usual\. About as long as most of 31 like it/);
    const call = fast.spans.find(({ name }) => name === 'POST /payments');
    await page.goto(`${viewer.url}/trace/${fast.traceId}?span=${call?.spanId}`);
    await expect.poll(() => rank.textContent()).toMatch(/^Fast\. None of 31 like it is faster/);
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

  it('says so when there is no such trace', async () => {
    const { page } = await open('/trace/ffffffffffffffffffffffffffffffff');
    await page.getByRole('heading', { name: 'This trace cannot be shown' }).waitFor();
  });
});
