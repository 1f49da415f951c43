import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { FakeItem } from './fake-answers.ts';
import { findChromium } from './find-chromium.ts';
import { openBrowser } from './open-browser.ts';
import type { PageLab } from './open-browser.ts';

const chromiumPath = findChromium();
const markup = '<img src=x onerror="document.title=1"> & cake';
const titles = ['birthday cake', 'cake slice', markup, 'angry face', 'cheese wedge', 'dog face'];
const items: readonly FakeItem[] = Array.from({ length: 60 }, (_, i) => ({
  id: `noto:item-${i}`,
  title: titles[i] ?? `picture ${i}`,
  set: 'noto',
  svg: `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="28" fill="${i % 2 ? '#000' : '#d33'}"/></svg>`,
}));
const redCircle = { name: 'red.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(items[0].svg) };

describe.skipIf(!chromiumPath)(
  chromiumPath ? 'page' : 'page (skipped: no Chromium; apt-get install chromium, or CHROMIUM_PATH)',
  () => {
    let lab: PageLab;
    const opened: { page: Page; problems: string[] }[] = [];
    const open: PageLab['open'] = async (...where) => {
      opened.push(await lab.open(...where));
      return opened.at(-1)!;
    };
    const query = (page: Page) => page.getByRole('searchbox', { name: 'Search pictures' });
    const cards = (page: Page) => page.locator('a.card');
    const focused = (page: Page) =>
      page.evaluate<string>(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.id',
      );
    const lastRequest = (path: string) => lab.api.requests.findLast((one) => one.path === path);

    beforeAll(async () => {
      lab = await openBrowser(chromiumPath!, items);
    }, 60_000);
    afterEach(async () => {
      for (const { page } of opened.splice(0)) await page.context().close();
    });
    afterAll(() => lab?.close());

    it('shows results while typing, and how they were found', async () => {
      const { page, problems } = await open();
      expect(await focused(page)).toBe('query');
      await page.keyboard.type('cake');
      await page.waitForURL('**/?q=cake');
      await expect.poll(() => cards(page).count()).toBe(3);
      expect(await page.locator('.card-title').first().textContent()).toBe('birthday cake');
      expect(await page.locator('.status-line').textContent()).toMatch(
        /^3 of 14,903 · hybrid · [\d.]+ ms · version 20261121-0930$/,
      );
      await expect.poll(() => page.getByRole('status').textContent()).toBe('3 pictures for cake');
      expect(lastRequest('/v1/search')?.fields).toMatchObject({ text: 'cake', target: 'image' });
      expect(problems).toEqual([]);
    });

    it('shows markup in a title as text', async () => {
      const { page } = await open('?q=cake');
      await cards(page).first().waitFor();
      expect(await page.locator('.card-title').nth(2).textContent()).toBe(markup);
      expect(await page.locator('.card-title img').count()).toBe(0);
      expect(await page.title()).toBe('cake · Diptych');
    });

    it('moves through the cards with the arrow keys, and back to the search box', async () => {
      const { page } = await open('?q=picture');
      await cards(page).nth(20).waitFor();
      const tops = (await cards(page).evaluateAll((all) =>
        all.map((card) => (card as unknown as { offsetTop: number }).offsetTop),
      )) as number[];
      const columns = tops.filter((top) => top === tops[0]).length;
      expect(columns).toBeGreaterThan(2);
      const label = (i: number) => `picture ${i + titles.length}, noto. More like this`;
      await page.keyboard.press('/');
      expect(await focused(page)).toBe('query');
      for (const [key, index] of [
        ['ArrowDown', 0],
        ['ArrowRight', 1],
        ['ArrowDown', 1 + columns],
        ['ArrowLeft', columns],
        ['ArrowUp', 0],
        ['End', 23],
      ] as const) {
        await page.keyboard.press(key);
        expect([key, await focused(page)]).toEqual([key, label(index)]);
      }
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).toBe('solid');
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowUp');
      expect(await focused(page)).toBe('query');
      await page.keyboard.press('Escape');
      expect(await query(page).inputValue()).toBe('');
      expect(new URL(page.url()).search).toBe('');
    });

    it('finds pictures similar to a card, and goes back', async () => {
      const { page, problems } = await open('?q=cake');
      await page.getByRole('link', { name: /^birthday cake/ }).click();
      await page.getByRole('heading', { name: 'Like birthday cake' }).waitFor();
      await expect
        .poll(() => cards(page).first().getAttribute('aria-label'))
        .toMatch(/^picture 59/);
      expect(lastRequest('/v1/search')?.fields).toMatchObject({ id: 'noto:item-0' });
      expect(new URL(page.url()).searchParams.get('like')).toBe('noto:item-0');
      await page.goBack();
      await expect.poll(() => query(page).inputValue()).toBe('cake');
      await expect.poll(() => cards(page).count()).toBe(3);
      expect(problems).toEqual([]);
    });

    it('appends the next page to the first', async () => {
      const { page } = await open('?q=picture');
      await page.getByRole('button', { name: 'Show more' }).click();
      await expect.poll(() => cards(page).count()).toBe(48);
      await page.getByRole('button', { name: 'Show more' }).click();
      await expect.poll(() => cards(page).count()).toBe(items.length - titles.length);
      expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
    });

    it('describes a chosen image, and classifies it again when labels change', async () => {
      const { page, problems } = await open();
      await page.getByLabel('Search with an image').setInputFiles(redCircle);
      await page.getByRole('button', { name: 'a red circle' }).waitFor();
      const best = page.locator('.bar-row').first();
      await expect.poll(() => best.textContent()).toBe('sport64 %');
      await expect.poll(() => cards(page).count()).toBe(24);
      const sent = lastRequest('/v1/captions')?.fields['image'] as Blob;
      expect(sent.type, 'a vector image is drawn').toBe('image/png');

      const field = page.getByLabel('Add labels');
      await field.fill('red ball,');
      await expect.poll(() => best.textContent()).toBe('red ball64 %');
      expect(await field.inputValue()).toBe('');
      await page.getByRole('button', { name: 'Remove red ball' }).click();
      await expect.poll(() => best.textContent()).toBe('sport64 %');
      await field.pressSequentially('house');
      await field.press('Enter');
      await expect.poll(() => lastRequest('/v1/classify')?.fields['labels']).toContain('house');
      await page.reload();
      await page.getByLabel('Search with an image').setInputFiles(redCircle);
      await page.getByRole('button', { name: 'Remove house' }).waitFor();
      await page.getByRole('button', { name: 'Back to the usual labels' }).click();
      await expect.poll(() => page.getByRole('button', { name: 'Remove house' }).count()).toBe(0);
      await page.getByRole('button', { name: '<i>round</i> thing' }).click();
      await expect.poll(() => query(page).inputValue()).toBe('<i>round</i> thing');
      expect(problems).toEqual([]);
    });

    it.each(['drop', 'paste'])('accepts an image by %s', async (way) => {
      const { page } = await open();
      await cards(page).first().waitFor();
      await page.evaluate(`{
        const data = new DataTransfer();
        data.items.add(new File([${JSON.stringify(items[0].svg)}], 'dragged.svg', {type: 'image/svg+xml'}));
        const event = ${way === 'drop' ? `new DragEvent('drop', {dataTransfer: data` : `new ClipboardEvent('paste', {clipboardData: data`}, bubbles: true, cancelable: true});
        document.body.dispatchEvent(event);
      }`);
      await page.getByRole('heading', { name: 'dragged.svg' }).waitFor();
      await page.getByRole('button', { name: 'a red circle' }).waitFor();
    });

    it('shows the error message of the server as text when a search fails', async () => {
      const { page } = await open('?q=broken+server');
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toContain('image.bin: expected magic <DPTX>, got 0000.');
      expect(await alert.textContent()).toContain('index_unreadable');
      await query(page).fill('cake');
      await expect.poll(() => cards(page).count()).toBe(3);
      expect(await alert.count()).toBe(0);
    });

    it('reports an unreachable server, and searches again when it is back', async () => {
      const { page } = await open('?q=cake');
      await cards(page).first().waitFor();
      await page.context().setOffline(true);
      await query(page).fill('face');
      await page.getByText('The server cannot be reached.').waitFor();
      await page.context().setOffline(false);
      await expect.poll(() => cards(page).count()).toBe(2);
    });

    it('offers a way on when nothing matches, and switches the mode', async () => {
      const { page } = await open('?q=nothing&mode=keyword');
      await page.getByText('No picture matches “nothing”.').waitFor();
      expect(lastRequest('/v1/search')?.fields).toMatchObject({ mode: 'keyword' });
      await page.getByLabel('Search options').click();
      await page.getByRole('radio', { name: /vector/ }).check();
      await expect.poll(() => lastRequest('/v1/search')?.fields['mode']).toBe('vector');
      await page.getByLabel('Collection').selectOption('photos');
      await expect.poll(() => lastRequest('/v1/search')?.fields['collection']).toBe('photos');
      await page.keyboard.press('Escape');
      expect(await page.locator('.options-panel').isVisible()).toBe(false);
    });

    it('keeps the collection of the address in its requests and links', async () => {
      const { page } = await open('?q=cake&collection=photos');
      await cards(page).first().waitFor();
      expect(lastRequest('/v1/search')?.fields).toMatchObject({ collection: 'photos' });
      const link = await cards(page).first().getAttribute('href');
      expect(link).toBe('?like=noto%3Aitem-0&collection=photos');
      await query(page).fill('face');
      await page.waitForURL('**/?q=face&collection=photos');
      const gone = await open('?q=cake&collection=gone');
      await gone.page.getByRole('alert').getByText('gone: not published.').waitFor();
    });

    it('uses the first collection if the server’s default one is not published', async () => {
      const { page } = await open('?q=cake');
      await page.route('**/v1/search', (route) => {
        const { collection } = route.request().postDataJSON() as { collection?: string };
        if (collection) return route.continue();
        const error = { code: 'unknown_collection', message: 'pictograms: not published.' };
        return route.fulfill({ status: 404, json: { error } });
      });
      await page.reload();
      await expect.poll(() => cards(page).count()).toBe(3);
      expect(lastRequest('/v1/search')?.fields['collection']).toBe('pictograms');
    });

    it.each(['', '?q=cake', '?q=nothing', '?q=broken+server', '?like=noto:item-0'])(
      'fits a phone of 360 pixels at /%s',
      async (address) => {
        const { page } = await open(address, { viewport: { width: 360, height: 740 } });
        await page.locator('[aria-busy=false]').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        if (address !== '') return;
        await page.getByLabel('Search with an image').setInputFiles(redCircle);
        await page.getByRole('button', { name: 'a red circle' }).waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      },
    );

    it.each(['light', 'dark'] as const)(
      'has names and contrast for every element, %s',
      async (colorScheme) => {
        const audit = await readFile(join(import.meta.dirname, 'audit.js'), 'utf8');
        const { page } = await open('', { colorScheme, reducedMotion: 'reduce' });
        await cards(page).first().waitFor();
        expect(await page.evaluate(audit)).toEqual([]);
        await page.getByLabel('Search with an image').setInputFiles(redCircle);
        await page.getByRole('button', { name: 'a red circle' }).waitFor();
        await cards(page).first().waitFor();
        expect(await page.evaluate(audit)).toEqual([]);
        await query(page).fill('broken server');
        await page.getByRole('alert').waitFor();
        expect(await page.evaluate(audit)).toEqual([]);
      },
    );

    it('has less than 40 KB of script, gzipped, and no inline script', async () => {
      const assets = join(lab.folder, 'assets');
      const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
      const bytes = await Promise.all(scripts.map((name) => readFile(join(assets, name))));
      const total = bytes.reduce((sum, script) => sum + gzipSync(script).length, 0);
      expect(total).toBeGreaterThan(1000);
      expect(total).toBeLessThan(40_000);
      const html = await readFile(join(lab.folder, 'index.html'), 'utf8');
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=/);
    });
  },
);
