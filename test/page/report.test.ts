import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { writeReport } from '../../gpu-embedder/learn/train/report/write-report.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { exampleQueries, markup, writeRun } from '../learn/train/report/write-run.ts';
import { findChromium } from './find-chromium.ts';

const chromiumPath = findChromium();

describe.skipIf(!chromiumPath)(
  chromiumPath ? 'training report' : 'training report (skipped: no Chromium)',
  () => {
    let dir: string;
    let url: string;
    let browser: Browser;
    const problems: string[] = [];

    async function open(options: BrowserContextOptions = {}): Promise<Page> {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      page.on('request', (request) => {
        if (request.url() !== url && !request.url().startsWith('data:')) {
          problems.push(`request to ${request.url()}`);
        }
      });
      await page.goto(url);
      return page;
    }
    const legend = (page: Page, chart: number) =>
      page.locator('.u-legend').nth(chart).locator('.u-value').allTextContents();
    /** Distinct colours of the pixels of each canvas. */
    const colours = (page: Page) =>
      page.evaluate<number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      })`);

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'diptych-report-'));
      await writeTinyDataset(join(dir, 'data'), 32);
      const dataset = openDataset(join(dir, 'data'));
      writeRun(join(dir, 'run'), exampleQueries(dataset));
      url = pathToFileURL(await writeReport({ runDir: join(dir, 'run'), dataset })).href;
      browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      await rm(dir, { recursive: true });
    });

    it('draws every chart, without an error in the browser or a request', async () => {
      const page = await open();
      const drawn = await colours(page);
      expect(drawn).toHaveLength(9);
      expect(Math.min(...drawn)).toBeGreaterThan(20);
      expect(await page.locator('h1').textContent()).toBe(`pictogram ${markup}`);
      const pictures = page.locator('.query img');
      expect(
        await pictures.evaluateAll((all) =>
          all.every((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0),
        ),
      ).toBe(true);
      expect(problems).toEqual([]);
    });

    it('shows the last values, and the values under the cursor in every chart', async () => {
      const page = await open();
      expect(await legend(page, 1)).toEqual(['6,000', '21.6', '47.12', '59.88']);
      const plot = (await page.locator('.u-over').first().boundingBox())!;
      await page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
      await expect.poll(async () => (await legend(page, 0))[0]).toBe('3,000');
      expect((await legend(page, 1))[0]).toBe('3,000');
      expect(Number((await legend(page, 1))[1])).toBeLessThan(15);
      await page.mouse.move(2, 2);
      await expect.poll(async () => (await legend(page, 1))[0]).toBe('6,000');
    });

    it('zooms every chart to the dragged range, and back', async () => {
      const page = await open();
      const plot = (await page.locator('.u-over').first().boundingBox())!;
      const y = plot.y + plot.height / 2;
      const leftEdge = async () => {
        await page.mouse.move(plot.x + 2, y);
        return Number((await legend(page, 1))[0].replace(',', ''));
      };
      await page.mouse.move(plot.x + plot.width / 2, y);
      await page.mouse.down();
      await page.mouse.move(plot.x + plot.width * 0.8, y, { steps: 4 });
      await page.mouse.up();
      await expect.poll(leftEdge).toBe(3000);
      await page.mouse.dblclick(plot.x + plot.width / 2, y);
      await expect.poll(leftEdge).toBe(2600);
    });

    it('uses the colours of the theme, also after it changes', async () => {
      const page = await open({ colorScheme: 'light' });
      const corner = () =>
        page.evaluate<number>(
          `document.querySelectorAll('canvas')[0].getContext('2d').getImageData(80, 60, 1, 1).data[0]`,
        );
      expect(await corner()).toBeGreaterThan(200);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(corner).toBeLessThan(60);
      expect(await page.locator('canvas').count()).toBe(9);
    });

    it('fits a phone, and a window that changes its size', async () => {
      const page = await open({ viewport: { width: 360, height: 740 } });
      const width = () => page.evaluate<number>('document.documentElement.scrollWidth');
      expect(await width()).toBe(360);
      await page.setViewportSize({ width: 900, height: 740 });
      const plotWidth = () =>
        page.evaluate<number>(`document.querySelector('.uplot canvas').clientWidth`);
      await expect.poll(plotWidth).toBeGreaterThan(700);
      await page.setViewportSize({ width: 360, height: 740 });
      await expect.poll(plotWidth).toBeLessThan(360);
      expect(await width()).toBe(360);
      expect(problems).toEqual([]);
    });
  },
);
