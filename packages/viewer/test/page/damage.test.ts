import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openMendedStore } from '../../src/store/mended-store.ts';
import { describeInBrowser } from './browser.ts';
import { checkout } from './shop-traces.ts';
import { send } from './trace-draft.ts';

describeInBrowser('the page of a viewer whose file was damaged', (open) => {
  it('says where the file is now, and shows what has come since', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const options = { file: join(folder, 'traces.duckdb'), maxBytes: 1e9, maxAge: 1e12 };
    const log: string[] = [];
    await (await openMendedStore(options, (message) => log.push(message))).close();
    truncateSync(options.file, statSync(options.file).size / 2);
    const store = await openMendedStore(options, (message) => log.push(message));
    const { page } = await open(
      async ({ url }) => {
        await send(url, checkout().spans);
        return '/';
      },
      {},
      store,
    );
    const said = page.getByRole('status').filter({ hasText: 'was damaged' });
    await said.waitFor();
    expect(log).toEqual([`[viewer] ${await said.textContent()}`]);
    expect(await said.textContent()).toContain(`It is now ${options.file}.damaged-`);
    await page.locator('table.traces tbody tr').waitFor();
    // All of it can be read, and it is in nobody's way.
    const box = await said.boundingBox();
    expect(box?.width).toBeLessThanOrEqual(1280);
    const isCut = await said.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
    expect(isCut).toBe(false);
  });
});
