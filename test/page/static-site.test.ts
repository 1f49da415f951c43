import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { loadModel } from '../../gpu-embedder/embed/load-model.ts';
import { readEmbeddings } from '../../gpu-embedder/embed/read-embeddings.ts';
import { runDiptych } from '../cli/run-diptych.ts';
import { writeTinyVersion, type TinyVersion } from '../setup/tiny-version.ts';
import { uploads } from '../setup/uploads.ts';
import { findChromium } from './find-chromium.ts';
import { serveFolder, usualTypes, type FolderHostOptions } from './serve-folder.ts';

const chromiumPath = findChromium();
const roundCake = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><circle cx="16" cy="16" r="12" fill="#c33"/></svg>`;
const upload = { name: 'red.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(roundCake) };

describe.skipIf(!chromiumPath)(
  chromiumPath ? 'static site' : 'static site (skipped: no Chromium)',
  () => {
    let dir: string;
    let site: string;
    let tiny: TinyVersion;
    let browser: Browser;
    const opened: { close(): Promise<void> }[] = [];

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'diptych-static-'));
      site = join(dir, 'site');
      // This is not the default collection, so the page must find out the name.
      tiny = await writeTinyVersion(dir, 'tiny');
      const { index, model } = tiny;
      const { code } = await runDiptych('export', 'static', site, '--index', index, '--model', model); // prettier-ignore
      expect(code).toBe(0);
      browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
    }, 90_000);
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });
    afterAll(async () => {
      await browser?.close();
      await rm(dir, { recursive: true, force: true });
    });

    async function open(options: FolderHostOptions = {}, address = '') {
      const host = await serveFolder(site, options);
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      opened.push(context, host);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      await page.goto(host.url + address);
      return { page, host, problems };
    }
    const query = (page: Page) => page.getByRole('searchbox', { name: 'Search pictures' });
    const cards = (page: Page) => page.locator('a.card');
    const firstTitle = (page: Page) => cards(page).first().locator('.card-title').textContent();
    const scoreOf = async (page: Page) =>
      Number(/score ([\d.]+)/.exec((await cards(page).first().getAttribute('title')) ?? '')?.[1]);
    const isLoaded = (page: Page) =>
      page.getByText('This browser does the search itself').waitFor();

    /** Loads the page, then stops the host and cuts the network. */
    async function openAndCut(options: FolderHostOptions = {}) {
      const all = await open(options);
      await isLoaded(all.page);
      await cards(all.page).first().waitFor();
      await all.page.context().setOffline(true);
      await all.host.close();
      const after: string[] = [];
      all.page.on('request', (request) => {
        if (!request.url().startsWith('blob:')) after.push(request.url());
      });
      return { ...all, after };
    }

    it('searches by words without a network, at any path of a host', async () => {
      const { page, host, problems, after } = await openAndCut({ under: '/some/where/' });
      expect(host.requests.filter((path) => path.startsWith('outside'))).toEqual([]);
      expect(host.requests.filter((path) => path.includes('assets/search-')).length).toBe(2);
      await query(page).fill('birthday cake');
      await page.waitForURL('**/some/where/#q=birthday+cake');
      await expect.poll(() => firstTitle(page)).toBe('birthday cake');
      expect(await page.locator('.status-line').textContent()).toMatch(/^16 of 16 · hybrid · /);
      await expect
        .poll(() =>
          page.evaluate('[...document.querySelectorAll(".card img")].every((i) => i.naturalWidth)'),
        )
        .toBe(true);

      await query(page).press('Escape');
      expect(new URL(page.url()).hash).toBe('');
      expect(new URL(page.url()).pathname).toBe('/some/where/');

      await page.getByLabel('Search options').click();
      await page.getByRole('radio', { name: /keyword/ }).check();
      await page.keyboard.press('Escape');
      await query(page).fill('corazón');
      await expect.poll(() => cards(page).count()).toBe(2);
      expect(await firstTitle(page)).toBe('red heart');
      expect({ after, problems }).toEqual({ after: [], problems: [] });
    });

    it('searches by an image, describes it and finds similar pictures without a network', async () => {
      const { page, problems, after } = await openAndCut();
      await page.getByLabel('Search with an image').setInputFiles(upload);
      await page.getByRole('heading', { name: 'Similar pictures' }).waitFor();
      await expect.poll(() => cards(page).first().getAttribute('title')).toMatch(/^round:birthday/);
      // The index was made by ONNX Runtime from the picture as sharp scaled it.
      expect(await scoreOf(page)).toBeGreaterThan(0.98);
      await expect.poll(() => page.locator('.image-panel li button').count()).toBeGreaterThan(0);
      await expect.poll(() => page.locator('.bar-row').count()).toBeGreaterThan(3);
      await page.getByLabel('Add labels').fill('red ball,');
      await page.locator('.bar-row', { hasText: 'red ball' }).waitFor();

      await cards(page).nth(1).click();
      await page.getByRole('heading', { name: /^Like / }).waitFor();
      expect(new URL(page.url()).hash).toMatch(/^#like=/);
      await expect.poll(() => page.locator('.results[aria-busy=false] a.card').count()).toBe(15);
      expect({ after, problems }).toEqual({ after: [], problems: [] });
    });

    it('makes the same embedding of any upload as the embedder', async () => {
      const images = await uploads();
      const plain = ['square.png', 'wide.png', 'deep.png', 'square.webp'];
      const names = [...plain, 'turned.jpg', 'turned.png', 'turned.webp', 'turned.avif'];
      const expected = await similarities(tiny, names.map((name) => images[name])); // prettier-ignore
      const { page } = await openAndCut();
      for (const [i, name] of names.entries()) {
        const buffer = Buffer.from(images[name]);
        const mimeType = `image/${name.split('.')[1].replace('jpg', 'jpeg')}`;
        await page.getByLabel('Search with an image').setInputFiles({ name, mimeType, buffer });
        await page.locator('.image-panel', { hasText: name }).waitFor();
        await page.locator('.results[aria-busy=false]').waitFor();
        const titles = await cards(page).evaluateAll((all) => all.map((card) => card.title));
        const difference = titles.map((title) => {
          const [, id, score] = /^(\S+) · score ([-\d.]+)$/.exec(title) ?? [];
          return Math.abs(Number(score) - expected[i][id]);
        });
        expect(difference).toHaveLength(16);
        expect(Math.max(...difference), name).toBeLessThan(0.02);
      }
    });

    it('works on a host without a media type for WebAssembly', async () => {
      const { '.wasm': _, ...types } = usualTypes;
      const { page, problems } = await open({ types }, '#q=airplane');
      await expect.poll(() => firstTitle(page)).toBe('airplane');
      expect(problems).toEqual([]);
    });

    it('never lets the page or its search thread reach another host', async () => {
      let reached = 0;
      const other = createServer((_request, response) => {
        reached++;
        response.writeHead(200, { 'access-control-allow-origin': '*' }).end('here');
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      opened.push({ close: () => new Promise((resolve) => other.close(() => resolve())) });
      const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
      expect(await (await fetch(address)).text()).toBe('here');

      const { page } = await open();
      await isLoaded(page);
      const attempt = `fetch('${address}').then((answer) => answer.text(), () => 'refused')`;
      expect(await page.evaluate(attempt)).toBe('refused');
      expect(await page.workers()[0].evaluate(attempt)).toBe('refused');
      expect(reached).toBe(1);
    });

    const flipped = (bytes: Buffer) =>
      Buffer.from(bytes).fill(bytes[bytes.length >> 1] ^ 1, bytes.length >> 1, (bytes.length >> 1) + 1); // prettier-ignore
    it.each<[string, string, (bytes: Buffer) => Buffer | null]>([
      ['image.bin that is missing', 'image.bin', () => null],
      ['site.json that is missing', 'site.json', () => null],
      ['kernel that is missing', 'encoder', () => null],
      ['text.bin cut short', 'text.bin', (bytes) => bytes.subarray(0, bytes.length - 9)],
      ['caption.bin with a wrong byte', 'caption.bin', flipped],
      ['previews.bin with a wrong byte', 'previews.bin', flipped],
      ['keywords.json replaced by a page', 'keywords.json', () => Buffer.from('<!doctype html>')],
    ])('reports a %s, and tries again', async (_what, name, change) => {
      let isBroken = true;
      const { page } = await open({
        change: (path, bytes) => (path.includes(name) && isBroken ? change(bytes) : bytes),
      });
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toContain(name);
      expect(await alert.textContent()).toContain('index_unreadable');
      isBroken = false;
      await page.getByRole('button', { name: 'Try again' }).click();
      await cards(page).first().waitFor();
      await isLoaded(page);
    });

    it('reports that its script is missing', async () => {
      const { page } = await open({
        change: (path, bytes) => (path.includes('search-thread') ? null : bytes),
      });
      expect(await page.getByRole('alert').textContent()).toContain('search-thread');
    });

    it('explains why a page that is opened as a file does not work', async () => {
      const html = await readFile(join(site, 'index.html'), 'utf8');
      expect(html).not.toMatch(/(src|href)="\//);
      const page = await browser.newPage();
      opened.push(page);
      await page.goto(`file://${join(site, 'index.html')}`);
      await page.getByText('open it through a web server').waitFor();
    });
  },
);

/** Computes the cosines of uploads and items of the index by id, with ONNX Runtime and sharp. */
async function similarities(
  { model: modelDir, embeddings, data }: TinyVersion,
  images: Uint8Array[],
) {
  const { image: items } = await readEmbeddings(embeddings);
  const { items: described } = openDataset(data);
  const model = await loadModel(modelDir, { threads: 1 });
  try {
    const { embedDim } = model;
    const queries = await model.embedImages(images);
    return images.map((_, query) => {
      const cosine = (item: number) =>
        items
          .subarray(item * embedDim, (item + 1) * embedDim)
          .reduce((sum, value, j) => sum + value * queries[query * embedDim + j], 0);
      return Object.fromEntries(described.map(({ id }, item) => [id, cosine(item)]));
    });
  } finally {
    await model.dispose();
  }
}
