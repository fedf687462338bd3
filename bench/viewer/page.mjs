import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { median, sendTrace } from './trace.mjs';

const CHROMIUM = process.env.THROUGHLINE_TEST_CHROMIUM ?? '/usr/bin/chromium';
const folder = fileURLToPath(new URL('../../packages/viewer/dist/page', import.meta.url));

/**
 * Milliseconds from the start of the navigation until rows of a large trace are drawn, and until it has answered a key:
 * then it is interactive. A new browser context each time, so nothing is cached. Nothing where there is no Chromium.
 */
export async function measurePage(viewer, count, rounds) {
  if (!existsSync(CHROMIUM)) return undefined;
  const { chromium } = createRequire(new URL('../../packages/viewer/package.json', import.meta.url))('playwright-core');
  const id = await sendTrace(viewer, count, 777);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
    timeout: 60_000,
  });
  try {
    const [drawn, interactive] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      page.setDefaultTimeout(180_000);
      await page.addInitScript(observe);
      await page.goto(`${viewer.url}/trace/${id}`);
      await page.waitForFunction(() => window.benchmark?.interactive !== undefined);
      const times = await page.evaluate(() => window.benchmark);
      drawn.push(times.drawn);
      interactive.push(times.interactive);
      await context.close();
    }
    return { rounds, drawn: median(drawn), interactive: median(interactive), best: Math.min(...interactive) };
  } finally {
    await browser.close();
  }
}

// In the page: as soon as there are rows a key is pressed that selects the next failure, and its selection is waited for.
function observe() {
  const times = {};
  window.benchmark = times;
  const look = () => {
    if (times.drawn === undefined && document.querySelector('.waterfall tbody tr') !== null) {
      times.drawn = performance.now();
    }
    if (times.drawn !== undefined && document.querySelector('.waterfall tr[aria-selected=true]') !== null)
      times.interactive = performance.now();
    else if (times.drawn !== undefined)
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true, cancelable: true }));
    if (times.interactive === undefined) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Bytes of the page's files, gzipped: what is loaded first, and all. */
export function pageSizes() {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const sizes = files.map(({ parentPath, name }) => [name, gzipSync(readFileSync(join(parentPath, name))).length]);
  const sum = (some) => some.reduce((total, [, size]) => total + size, 0);
  return { first: sum(sizes.filter(([name]) => name === 'index.html' || html.includes(name))), all: sum(sizes) };
}
