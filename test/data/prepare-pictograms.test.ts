import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { iconStem } from '../../gpu-embedder/data/pictograms/icon-stem.ts';
import { preparePictograms } from '../../gpu-embedder/data/pictograms/prepare-pictograms.ts';
import type { PrepareResult } from '../../gpu-embedder/data/prepare/prepare-result.ts';
import type { Concept, Item } from '../../gpu-embedder/data/prepared/prepared.ts';
import {
  captionsOf,
  openDataset,
  openPixels,
  readImageBytes,
  type PreparedDataset,
} from '../../gpu-embedder/data/prepared/read-dataset.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-pictograms-'));
const options = {
  out: join(root, 'small'),
  sets: ['emojione-monotone', 'lucide'],
  imageSize: 16,
  corpusDir: join(root, 'corpus'),
};
let result: PrepareResult;
let dataset: PreparedDataset;
beforeAll(async () => {
  result = await preparePictograms(options);
  dataset = openDataset(options.out);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

const item = (id: string): Item => dataset.items.find((candidate) => candidate.id === id)!;
const conceptOf = (id: string): Concept => dataset.concepts.get(item(id).concept!)!;

describe('prepare pictograms', () => {
  it('accounts for every icon', () => {
    const total = ['emojione-monotone', 'lucide'].reduce((sum, set) => {
      const url = new URL(`../../node_modules/@iconify-json/${set}/icons.json`, import.meta.url);
      const { icons } = JSON.parse(readFileSync(url, 'utf8')) as { icons: object };
      return sum + Object.keys(icons).length;
    }, 0);
    expect(result.inputs).toBe(total);
    const skipped = Object.values(result.skipped).reduce((sum, count) => sum + count, 0);
    expect(result.prepared + skipped).toBe(total);
    expect(dataset.items).toHaveLength(result.prepared);
    expect(new Set(dataset.items.map(({ id }) => id)).size).toBe(result.prepared);
    expect(Object.keys(result.skipped)).toContain('variant');
    expect(dataset.items.some(({ id }) => id.includes('skin-tone'))).toBe(false);
  });

  it('pools the captions of an emoji in all languages', () => {
    const cake = conceptOf('emojione-monotone:birthday-cake');
    expect(cake).toMatchObject({ id: '1f382', group: 'food-drink', subgroup: 'food-sweet' });
    expect(cake.names[0]).toBe('birthday cake');
    expect(cake.keywords).toContain('celebration');
    expect(cake.languages.es.names).toContain('tarta de cumpleaños');
    expect(cake.languages.ja.names).toContain('バースデーケーキ');
    expect(Object.keys(cake.languages).length).toBeGreaterThanOrEqual(16);
  });

  it('joins icons with emoji by the whole name only', () => {
    expect(item('lucide:croissant').concept).toBe('1f950');
    expect(item('lucide:croissant').palette).toBe('mono');
    expect(item('lucide:cake-slice').concept).toBe('icon:cakeslice');
    // A computer mouse is not an animal.
    expect(item('lucide:mouse').concept).toBe('icon:mouse');
    expect(conceptOf('lucide:a-arrow-down').keywords).toContain('font size');
    expect(captionsOf(dataset, item('lucide:a-arrow-down'))).toEqual(['a arrow down']);
  });

  it('renders every icon, black where it had no colour, and packs its SVG', async () => {
    const pixels = openPixels(dataset);
    const i = dataset.items.indexOf(item('lucide:square'));
    const image = pixels.read(i);
    pixels.close();
    expect(image).toHaveLength(16 * 16 * 4);
    const alpha = image.filter((_, at) => at % 4 === 3);
    expect(Math.max(...alpha)).toBeGreaterThan(200);
    expect(alpha[0]).toBe(0);
    expect(Math.max(...image.filter((_, at) => at % 4 !== 3))).toBe(0);
    const svg = Buffer.from(await readImageBytes(dataset, dataset.items[i])).toString();
    expect(svg).toMatch(/^<svg .*viewBox="0 0 24 24" width="16" height="16">.*<\/svg>$/);
    expect(svg).not.toContain('currentColor');
  });

  it('does nothing the second time', async () => {
    expect(await preparePictograms(options)).toEqual({ ...result, unchanged: true });
  });

  it('treats a crossed-out icon as another thing', () => {
    expect(item('lucide:bell-off')).toMatchObject({ title: 'bell off', concept: 'icon:belloff' });
    expect(item('lucide:bell').concept).toBe('1f514');
  });

  it('reports an unreachable registry when a set has to be installed', async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9');
    vi.stubEnv('npm_config_cache', join(root, 'npm-cache'));
    vi.stubEnv('npm_config_fetch_retries', '0');
    const out = join(root, 'maki');
    await expect(preparePictograms({ ...options, out, sets: ['maki'] })).rejects.toMatchObject({
      code: 'unreadable_source',
      message: expect.stringMatching(/run the command again when the npm registry can be reached/),
    });
    vi.unstubAllEnvs();
  }, 30_000);

  it('refuses a set that it does not know', async () => {
    await expect(preparePictograms({ ...options, sets: ['openmoji'] })).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining('"openmoji"'),
    });
  });
});

describe('prepare pictograms --variants', () => {
  const out = join(root, 'views');
  const withVariants = { ...options, out, variants: true };
  let withViews: PrepareResult;
  let viewed: PreparedDataset;
  beforeAll(async () => {
    withViews = await preparePictograms(withVariants);
    viewed = openDataset(out);
  }, 120_000);

  it('keeps the items and makes views of the variants that were skipped', () => {
    const meaning = ({ id, title, concept, tags, split }: Item) => [
      id,
      title,
      concept,
      tags,
      split,
    ];
    expect(viewed.items.map(meaning)).toEqual(dataset.items.map(meaning));
    const { views, prepared } = withViews;
    expect(views).toBe(result.skipped.variant);
    expect(viewed.manifest.counts).toMatchObject({ items: result.prepared, views });
    const skipped = Object.values(withViews.skipped).reduce((sum, count) => sum + count, 0);
    expect(withViews.inputs).toBe(prepared + views! + skipped);
    expect(withViews.skipped).not.toHaveProperty('variant');
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as object;
    expect(report).toMatchObject({ inputs: withViews.inputs, prepared, views });
  });

  it('gives each row after the items to one item, with a different drawing', () => {
    const rows = viewed.items.flatMap(({ views = [] }) => views);
    expect(rows.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: withViews.views! }, (_, i) => viewed.items.length + i),
    );
    const music = viewed.items.findIndex(({ id }) => id === 'lucide:music');
    expect(viewed.items[music].views).toHaveLength(3);
    const pixels = openPixels(viewed);
    const drawings = [music, ...viewed.items[music].views!].map((row) =>
      Buffer.from(pixels.read(row)).toString('hex'),
    );
    pixels.close();
    expect(new Set(drawings).size).toBe(4);
  });

  it('does nothing the second time', async () => {
    expect(await preparePictograms(withVariants)).toEqual({ ...withViews, unchanged: true });
    expect(viewed.manifest.inputKey).not.toBe(dataset.manifest.inputKey);
    expect(withViews.fingerprint).not.toBe(result.fingerprint);
  });

  it('refuses a data set whose rows of views are missing', () => {
    const { manifest } = viewed;
    const counts = { ...manifest.counts, views: manifest.counts.views! + 1 };
    expect(() => openPixels({ dir: out, manifest: { ...manifest, counts } })).toThrow(
      /pixels\.bin: expected \d+ bytes, got \d+/,
    );
  });
});

describe('iconStem', () => {
  it.each([
    ['heart-filled', 'tabler', 'heart'],
    ['heart-outline-rounded', 'material-symbols', 'heart'],
    ['ad-1x1', 'flag', 'ad'],
    ['park-15', 'maki', 'park'],
    ['car-battery', 'fa7-solid', 'car-battery'],
    ['pills-3-bold-duotone', 'solar', 'pills'],
    ['heart-broken-bold', 'solar', 'heart-broken'],
    ['arrow-left-bold', 'mdi', 'arrow-left'],
    ['scissors-circle-off', 'pepicons-pop', 'scissors-off'],
    ['scissors-circle-filled', 'pepicons-pop', 'scissors'],
    ['filter-alt', 'iconoir', 'filter'],
    // A number, state or shape that changes the meaning stays; the number of a drawing is dropped.
    ['battery-3', 'tabler', 'battery-3'],
    ['battery-3', 'mdi', 'battery-3'],
    ['dice-3-filled', 'tabler', 'dice-3'],
    ['flag-3', 'tabler', 'flag'],
    ['clock-3', 'lucide', 'clock-3'],
    ['clock-2', 'tabler', 'clock'],
    ['bell-off', 'mdi', 'bell-off'],
    ['bell-off-outline', 'mdi', 'bell-off'],
    ['battery-negative', 'mdi', 'battery-negative'],
    ['traffic-light', 'mdi', 'traffic-light'],
    ['format-bold', 'mdi', 'format-bold'],
    ['heart-broken', 'tabler', 'heart-broken'],
    ['chart-line', 'lucide', 'chart-line'],
    ['sort-alpha-down-alt', 'bi', 'sort-alpha-down-alt'],
  ])('%s of %s is %s', (name, set, stem) => expect(iconStem(name, set)).toBe(stem));
});
