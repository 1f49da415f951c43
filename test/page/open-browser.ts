import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { startFakeApi } from './fake-api.ts';
import type { FakeApi } from './fake-api.ts';
import type { FakeItem } from './fake-answers.ts';

export interface PageLab {
  readonly api: FakeApi;
  /** Files of the built page. */
  readonly folder: string;
  /** Opens the page with a query in its address; `problems` collects the browser's complaints. */
  open(
    address?: string,
    options?: BrowserContextOptions,
  ): Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
}

/** Builds the page from its sources, serves it with canned answers and starts Chromium. */
export async function openBrowser(
  chromiumPath: string,
  items: readonly FakeItem[],
): Promise<PageLab> {
  const folder = await mkdtemp(join(tmpdir(), 'diptych-page-'));
  await build({
    configFile: 'workers/page/vite.config.ts',
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  });
  const api = await startFakeApi(folder, items);
  // Chromium's sandbox does not work in most containers; the test only opens Diptych's own page.
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  return {
    api,
    folder,
    async open(address = '', options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        ...options,
      });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      page.on('request', (request) => {
        const isOwn = /^(blob|data):/.test(request.url()) || request.url().startsWith(api.url);
        if (!isOwn) problems.push(`request to ${request.url()}`);
      });
      await page.goto(api.url + address);
      return { page, problems };
    },
    async close() {
      await browser.close();
      await api.close();
      await rm(folder, { recursive: true });
    },
  };
}
