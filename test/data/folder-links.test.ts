import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFolder } from '../../gpu-embedder/data/prepare/prepare-images.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { codesOf, picture, skipsOf } from './pictures.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-links-'));
const at = (...names: string[]): string => join(root, ...names);
const options = { images: at('images'), imageSize: 8 };
const idsOf = (out: string): string[] => openDataset(out).items.map(({ id }) => id);

beforeAll(async () => {
  const red = await picture('red');
  for (const folder of ['images/cats', 'images/dogs', 'elsewhere/wolves']) {
    mkdirSync(at(folder), { recursive: true });
    writeFileSync(at(folder, '1.png'), red);
  }
  writeFileSync(at('images', 'top.png'), red);
  writeFileSync(at('images', 'cats', '1.txt'), 'a cat');
  symlinkSync(at('elsewhere'), at('images', 'more'));
  symlinkSync(at('elsewhere', 'wolves', '1.png'), at('images', 'dogs', 'wolf.png'));
  symlinkSync(at('images'), at('elsewhere', 'wolves', 'loop'));
  symlinkSync('.', at('images', 'cats', 'loop'));
  writeFileSync(at('linked.csv'), 'image,caption\nmore/wolves/1.png,a wolf\ncats/1.png,a cat\n');
});
afterAll(() => rmSync(root, { recursive: true }));

describe('--labels-from-folders', () => {
  it('gives images the names of their folders, beside the captions that they have', async () => {
    const out = at('labels');
    await prepareFolder({ ...options, labelsFromFolders: true, out });
    expect(openDataset(out).items).toMatchObject([
      { id: 'cats/1.png', label: 'cats', captions: ['a cat'] },
      { id: 'dogs/1.png', label: 'dogs', title: 'dogs', captions: [] },
    ]);
    expect(codesOf(out)).toContain('top.png image_without_caption');
  });

  it('is named where an image in a folder has no caption', async () => {
    const out = at('unlabelled');
    await prepareFolder({ ...options, out });
    const reasons = new Map(skipsOf(out).map(({ where, reason }) => [where, reason]));
    expect(reasons.get('dogs/1.png')).toContain('--labels-from-folders');
    expect(reasons.get('top.png')).not.toContain('--labels-from-folders');
  });

  it('is refused beside a table', async () => {
    const table = { ...options, captions: at('linked.csv'), out: at('never') };
    await expect(prepareFolder({ ...table, labelsFromFolders: true })).rejects.toMatchObject({
      code: 'invalid_option',
    });
  });
});

describe('links out of the folder', () => {
  it('are skipped, counted, and name the flag', async () => {
    const out = at('skipped');
    await prepareFolder({ ...options, labelsFromFolders: true, out });
    const skips = skipsOf(out).filter(({ code }) => code === 'outside_folder');
    expect(skips.map(({ where }) => where)).toEqual(['more', 'dogs/wolf.png']);
    for (const { reason } of skips) expect(reason).toContain('--follow-links');
  });

  it('are followed with --follow-links, and folders that link to each other are read once', async () => {
    const out = at('followed');
    const result = await prepareFolder({ ...options, labelsFromFolders: true, followLinks: true, out }); // prettier-ignore
    expect(idsOf(out)).toEqual(['cats/1.png', 'dogs/1.png', 'dogs/wolf.png', 'more/wolves/1.png']);
    expect(result).toMatchObject({ inputs: 5, skipped: { image_without_caption: 1 } });
  });

  it('are followed also where a table names what lies behind them', async () => {
    const table = { ...options, captions: at('linked.csv') };
    await prepareFolder({ ...table, out: at('table') });
    expect(idsOf(at('table'))).toEqual(['cats/1.png']);
    await prepareFolder({ ...table, followLinks: true, out: at('table') });
    expect(idsOf(at('table'))).toEqual(['more/wolves/1.png', 'cats/1.png']);
  });
});
