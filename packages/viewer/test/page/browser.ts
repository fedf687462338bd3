import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TraceStore } from '../../src/store/trace-store.ts';
import { type ViewerUnderTest, viewerFor } from '../viewer-under-test.ts';

const CHROMIUM = process.env.THROUGHLINE_TEST_CHROMIUM ?? '/usr/bin/chromium';
const REMEDY = 'apt-get install chromium, or set THROUGHLINE_TEST_CHROMIUM';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A viewer with its page, opened in a browser. */
export type OpenedPage = { readonly page: Page; readonly viewer: ViewerUnderTest };

/** Opens a viewer's page; the viewer is filled before. Anything that goes wrong in the page fails the test. */
export type OpenPage = (
  path: string | ((viewer: ViewerUnderTest) => Promise<string>),
  options?: BrowserContextOptions,
  store?: TraceStore,
) => Promise<OpenedPage>;

/**
 * A suite that needs a browser and the page, which is built for it. Without Chromium it is skipped, and its title says
 * what to do; where `CI` is set it fails instead.
 */
export function describeInBrowser(title: string, suite: (open: OpenPage) => void): void {
  if (existsSync(CHROMIUM)) {
    // A tab that stands still, as a browser's may on a busy machine, gets a second one; a flaw is there in both.
    describe(title, { retry: 1 }, () => suite(pageOpener()));
    return;
  }
  if (process.env.CI === undefined || process.env.CI === '') {
    describe.skip(`${title} (needs Chromium: ${REMEDY})`, () => suite(() => Promise.reject(new Error(REMEDY))));
    return;
  }
  describe(title, () => {
    it(`has the browser it needs (${REMEDY})`, () => expect(existsSync(CHROMIUM), CHROMIUM).toBe(true));
  });
}

/** Builds the page as it is published, into a folder that is there until the tests are over. */
export function builtPage(): { readonly folder: string } {
  const built = { folder: '' };
  beforeAll(async () => {
    built.folder = await mkdtemp(join(tmpdir(), 'viewer-page-'));
    const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));
    await build({ configFile, logLevel: 'error', build: { outDir: built.folder } });
  }, 120_000);
  afterAll(() => rm(built.folder, { recursive: true, force: true }));
  return built;
}

function pageOpener(): OpenPage {
  const built = builtPage();
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, timeout: 60_000 });
  }, 90_000);
  afterAll(() => browser?.close());
  return async (path, options = {}, store = undefined) => {
    const viewer = await viewerFor(store, { page: built.folder });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    const flaws: string[] = [];
    page.on('pageerror', (error) => flaws.push(error.message));
    // The browser reports here what the content security policy forbids.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) flaws.push(message.text());
    });
    onTestFinished(async () => {
      await context.close();
      expect(flaws).toEqual([]);
    });
    await page.goto(viewer.url + (typeof path === 'string' ? path : await path(viewer)));
    return { page, viewer };
  };
}
