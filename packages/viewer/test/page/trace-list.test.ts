import { expect, it } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { browse, checkout } from './shop-traces.ts';
import { send, TraceDraft } from './trace-draft.ts';

describeInBrowser('the list of traces', (open) => {
  it('finds traces by a query without naming a service, and keeps the query in the address', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, checkout({ isFailed: true }).spans);
      await send(url, checkout().spans);
      await send(url, browse(Date.now() - 5000, 20).spans);
      return '/';
    });
    const rows = page.locator('table.traces tbody tr');
    await expect.poll(() => rows.count()).toBe(3);
    await page.keyboard.press('/');
    await page.keyboard.type('name =~ "POST.*" AND NOT (name = "GET /cart" OR status = ok) && status = error');
    await page.keyboard.press('Enter');
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.first().textContent()).toContain('POST /checkout');
    expect(new URL(page.url()).searchParams.get('query')).toContain('name =~ "POST.*"');
    await page.reload();
    await expect.poll(() => rows.count()).toBe(1);
    await page.goBack();
    await expect.poll(() => rows.count()).toBe(3);
  });

  it.each([1120, 1280])(
    'writes the names of services out, and says how many more there are, at %i pixels',
    async (width) => {
      const names = ['checkout', 'inventory', 'notification', 'payments', 'recommendation', 'subscription'];
      const { page } = await open(
        async ({ url }) => {
          const trace = new TraceDraft();
          const root = trace.add(undefined, 'POST /checkout', 0, 90, { service: 'gateway' });
          for (const [index, service] of names.entries()) trace.add(root, 'work', index * 10, 9, { service });
          await send(url, trace.spans);
          return '/';
        },
        { viewport: { width, height: 800 } },
      );
      await page.locator('td.services').waitFor();
      expect(await page.locator('td.services .chips > :last-child').textContent()).toBe('+3');
      const hidden = await page.locator('td.services').evaluate((cell) => {
        const { bottom, right } = cell.getBoundingClientRect();
        return [...cell.querySelectorAll('.text, .chips > *')].flatMap((part) => {
          const place = part.getBoundingClientRect();
          const isCut = part.scrollWidth > part.clientWidth && part.clientWidth > 0;
          return isCut || place.bottom > bottom || place.right > right ? [part.textContent] : [];
        });
      });
      expect(hidden).toEqual([]);
      expect((await page.locator('table.traces tbody tr').boundingBox())?.height).toBe(57);
    },
  );

  it('goes back to what was there before a query, however slowly it was typed', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, checkout({ isFailed: true }).spans);
      await send(url, browse(Date.now() - 5000, 20).spans);
      return '/';
    });
    const rows = page.locator('table.traces tbody tr');
    const query = () => new URL(page.url()).searchParams.get('query');
    await expect.poll(() => rows.count()).toBe(2);
    await page.keyboard.press('/');
    for (const part of ['name ', '=~ "POST.*" ', 'AND ', 'status = error']) {
      await page.keyboard.type(part);
      const typed = await page.getByRole('searchbox').inputValue();
      await expect.poll(query).toBe(typed.trim());
    }
    await expect.poll(() => rows.count()).toBe(1);
    await page.keyboard.press('Enter');
    await page.getByRole('searchbox').fill('nowhere');
    await expect.poll(() => rows.count()).toBe(0);
    await page.goBack();
    await expect.poll(query).toBe('name =~ "POST.*" AND status = error');
    await page.goBack();
    await expect.poll(() => rows.count()).toBe(2);
    expect(query()).toBeNull();
  });

  it('keeps what is typed while the page goes to what was typed before', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, checkout().spans);
      return '/';
    });
    await page.locator('table.traces tbody tr').waitFor();
    // The moment at which a slow page has asked, and not yet drawn.
    await page.evaluate(`addEventListener('throughline:route', () => {
      const box = document.querySelector('input[type=search]');
      box.value += '# more'.slice(box.value.length);
      box.dispatchEvent(new Event('input', { bubbles: true }));
    })`);
    await page.getByRole('searchbox').fill('#');
    await expect.poll(() => new URL(page.url()).searchParams.get('query')).toBe('# more');
    expect(await page.getByRole('searchbox').inputValue()).toBe('# more');
  });

  it('says where a query cannot be read, and keeps what was found', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, checkout().spans);
      return '/';
    });
    await page.locator('table.traces tbody tr').waitFor();
    await page.getByRole('searchbox').fill('duration > > 3');
    const problem = page.getByRole('alert');
    await problem.waitFor();
    expect(await problem.textContent()).toContain('> 3');
    expect(await page.getByRole('searchbox').getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('table.traces tbody tr').count()).toBe(1);
  });

  it('puts slow traces first, and lists those that failed alone, on request', async () => {
    const { page } = await open(async ({ url }) => {
      const now = Date.now();
      await send(url, checkout({ startMs: now - 9000, slowness: 9 }).spans);
      await send(url, checkout({ startMs: now - 8000, isFailed: true }).spans);
      await send(url, browse(now - 1000, 5).spans);
      return '/';
    });
    const first = page.locator('table.traces tbody tr').first();
    await expect.poll(() => first.textContent()).toContain('GET /products/:id');
    await page.getByRole('button', { name: 'Slowest' }).click();
    await expect.poll(() => first.textContent()).toContain('726 ms');
    await page.getByRole('button', { name: 'Failed' }).click();
    await expect.poll(() => first.locator('.failed').count()).toBe(1);
    await page.getByText('1 failed trace', { exact: true }).waitFor();
    expect(await page.locator('table.traces tbody tr').count()).toBe(1);
  });

  it('says so where no trace failed', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, browse(Date.now() - 1000, 5).spans);
      return '/?sort=errors';
    });
    await page.getByRole('heading', { name: 'No trace failed' }).waitFor();
    await page.getByText('0 failed traces', { exact: true }).waitFor();
  });

  it('shows traces as they come, at the head of the list', async () => {
    const { page, viewer } = await open('/');
    await page.getByText('Waiting for the first trace').waitFor();
    await page.locator('.pulse.on').waitFor();
    await send(viewer.url, checkout().spans);
    await page.getByRole('link', { name: 'POST /checkout' }).waitFor();
    await send(viewer.url, browse(Date.now(), 7).spans);
    await expect
      .poll(() => page.locator('table.traces a.open').allTextContents())
      .toEqual(['GET /products/:id', 'POST /checkout']);
  });

  it('moves nothing under the eyes of who reads, and shows what has come when asked', async () => {
    const { page, viewer } = await open(async ({ url }) => {
      const now = Date.now();
      for (let index = 0; index < 40; index++) await send(url, browse(now - 60_000 + index * 1000, 5 + index).spans);
      return '/';
    });
    await page.locator('.pulse.on').waitFor();
    const row = page.locator('table.traces tbody tr').nth(30);
    await row.scrollIntoViewIfNeeded();
    await row.hover();
    const text = await row.textContent();
    const place = await row.boundingBox();
    await send(viewer.url, checkout({ startMs: Date.now() }).spans);
    const button = page.getByRole('button', { name: 'Show 1 new trace' });
    await button.waitFor({ state: 'attached' });
    expect(await row.textContent()).toBe(text);
    expect(await row.boundingBox()).toEqual(place);
    await button.click();
    await expect.poll(() => page.locator('table.traces a.open').first().textContent()).toBe('POST /checkout');
  });

  it('is used by keys alone, from the list to a trace and back', async () => {
    const { page } = await open(async ({ url }) => {
      await send(url, checkout({ startMs: Date.now() - 9000 }).spans);
      await send(url, browse(Date.now() - 1000, 5).spans);
      return '/';
    });
    await page.locator('table.traces tbody tr').nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'POST /checkout' }).waitFor();
    await page.goBack();
    await page.locator('table.traces tbody tr').nth(1).waitFor();
  });

  it('fits a screen of 320 pixels', async () => {
    const { page } = await open(
      async ({ url }) => {
        await send(url, checkout({ isFailed: true }).spans);
        return '/';
      },
      { viewport: { width: 320, height: 640 } },
    );
    await page.locator('table.traces tbody tr').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('has a light and a dark theme, follows the computer, and remembers another choice', async () => {
    const { page } = await open('/', { colorScheme: 'dark' });
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.getByRole('button', { name: /^Theme: system/ }).click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: /^Theme: light/ }).waitFor();
    expect(await ground()).toBe(light);
  });
});
