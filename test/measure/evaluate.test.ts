import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openDataset,
  type PreparedDataset,
} from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { evaluateClassification } from '../../gpu-embedder/measure/tasks/evaluate-classification.ts';
import { evaluateRetrieval } from '../../gpu-embedder/measure/tasks/evaluate-retrieval.ts';
import { writeSheet } from '../../gpu-embedder/measure/results/write-sheet.ts';
import { thumbnailDataUri } from '../../gpu-embedder/data/pictures/thumbnail.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { colourModel, tinyColours, type Colour } from './colour-model.ts';

/** The colours of the tiny data set, and two foreign names that the model misunderstands. */
const colours = new Map<string, Colour>([
  ...tinyColours,
  ['pastel de cumpleaños', [204, 51, 51]],
  ['gato', [255, 102, 170]],
]);

let dir: string;
let dataset: PreparedDataset;
const model = () => colourModel(colours, 32);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-evaluate-'));
  await writeTinyDataset(join(dir, 'data'), 32);
  dataset = openDataset(join(dir, 'data'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The same pictures as a folder of photographs. */
function photographs(item: (name: string, i: number) => object): PreparedDataset {
  return {
    ...dataset,
    manifest: { ...dataset.manifest, kind: 'folder' },
    items: dataset.items.map(({ concept: _concept, ...rest }, i) => ({
      ...rest,
      ...item(rest.title, i),
    })),
  };
}

describe('retrieval', () => {
  it('finds every concept by a name that the model knows', async () => {
    const [{ language, n, metrics }] = await evaluateRetrieval(model(), dataset, { ks: [1, 3] });
    expect({ language, n }).toEqual({ language: 'en', n: 16 });
    expect(metrics).toEqual({
      'image_retrieval_recall@1': 1,
      'image_retrieval_recall@3': 1,
      'text_retrieval_recall@1': 1,
      'text_retrieval_recall@3': 1,
    });
  });

  it('measures each language by its own names', async () => {
    const results = await evaluateRetrieval(model(), dataset, {
      ks: [1],
      languages: 'all',
      set: 'round',
      worst: 2,
    });
    expect(results.map(({ language }) => language)).toEqual(['en', 'xx']);
    const [, { n, metrics, worst }] = results;
    // One name in eight is right; texts without a colour embed to zeros and find nothing.
    expect(n).toBe(8);
    expect(metrics['image_retrieval_recall@1']).toBe(1 / 8);
    expect(worst).toHaveLength(2);
    expect(worst[0]).toMatchObject({ language: 'xx', rank: 8 });
    expect(worst[0].nearest).toHaveLength(5);
  });

  it('lists the wrong images that were ranked before the right one', async () => {
    // The model confuses both cats with carts.
    const photos = photographs((title) => ({
      captions: [title === 'cat face' ? 'gato' : `a ${title}`],
    }));
    const [{ metrics, worst }] = await evaluateRetrieval(model(), photos, {
      ks: [1, 2],
      worst: 1,
    });
    // Two pictures share each colour and have captions of their own; the tie counts against both.
    expect(metrics['image_retrieval_recall@1']).toBe(0);
    expect(metrics['image_retrieval_recall@2']).toBe(14 / 16);
    expect(worst[0].text).toBe('gato');
    expect(photos.items[worst[0].item].title).toBe('cat face');
    const [first, second] = worst[0].nearest.map(({ item, right }) => ({
      title: photos.items[item].title,
      right,
    }));
    expect([first, second]).toEqual(Array(2).fill({ title: 'shopping cart', right: false }));
  });

  it('measures a sample of the images', async () => {
    const [{ n }] = await evaluateRetrieval(model(), dataset, { ks: [1], limit: 5 });
    expect(n).toBe(5);
  });

  it('names the item whose image cannot be read', async () => {
    // Only one image is missing: images are read concurrently, and the first failure is reported.
    const photos = photographs((title, i) => ({
      captions: [title],
      ...(i === 3 && { image: { file: join(dir, 'gone.png'), type: 'image/png' } }),
    }));
    // This size differs from the prepared one, so the originals are read.
    await expect(evaluateRetrieval(colourModel(colours, 48), photos, { ks: [1] })).rejects.toThrow(
      new RegExp(`^${photos.items[3].id}: ENOENT.*gone\\.png.*; prepare .* again$`),
    );
  });

  it('refuses languages that no text is in, and images without a text', async () => {
    const photos = photographs(() => ({ captions: ['a dog'] }));
    const options = { ks: [1] };
    await expect(
      evaluateRetrieval(model(), photos, { ...options, languages: ['es'] }),
    ).rejects.toThrow(/es: .* has no names in this language; all its texts count as English/);
    await expect(
      evaluateRetrieval(model(), dataset, { ...options, languages: ['en', 'ja'] }),
    ).rejects.toThrow(/ja: .*its languages: en, xx/);
    await expect(
      evaluateRetrieval(
        model(),
        photographs(() => ({})),
        options,
      ),
    ).rejects.toThrow(/none of its 16 images has a text/);
  });
});

describe('classification', () => {
  it('agrees with numbers computed by hand, over the classes that occur', async () => {
    // 14 pictures rightly labelled; one cat and one cart are labelled dog.
    const labelled = photographs((title, i) => ({ label: [12, 14].includes(i) ? 'dog' : title }));
    const names = [...[...colours.keys()].slice(0, 8), 'unicorn'];
    const classes = {
      names: names.map((name) => [name]),
      namesAre: 'synonyms',
      ofLabel: new Map(names.map((name, i) => [name, i])),
    } as const;
    const result = await evaluateClassification(model(), labelled, { classes });
    expect(result).toMatchObject({ n: 16, classes: 8, emptyClasses: 1 });
    expect(result.metrics.acc1).toBeCloseTo(14 / 16);
    // All images are right, except two of the four dogs.
    expect(result.metrics.mean_per_class_recall).toBeCloseTo((7 + 2 / 4) / 8);
  });

  /** The first four concepts are fruit, the others birds. */
  const sorted = (): PreparedDataset => ({
    ...dataset,
    concepts: new Map(
      [...dataset.concepts].map(([id, concept], i) => {
        const [group, subgroup] =
          i < 4 ? ['food-drink', 'food-fruit'] : ['animals-nature', 'animal-bird'];
        return [id, { ...concept, group, subgroup }];
      }),
    ),
  });

  it.each([
    ['group', ['food', 'the food', 'drink', 'dessert', 'nature', 'bird', 'frog']],
    ['subgroup', ['food fruit', 'the food fruit', 'apple', 'animal bird', 'owl']],
  ] as const)(
    'makes prompts for the %s of a pictogram from its id and from plain words',
    async (level, some) => {
      const asked = model();
      const templates = [(name: string) => name, (name: string) => `the ${name}`];
      const result = await evaluateClassification(asked, sorted(), { level, templates });
      expect(result).toMatchObject({ n: 16, classes: 2, emptyClasses: 0 });
      expect(asked.prompts).toEqual(expect.arrayContaining([...some]));
      expect(new Set(asked.prompts).size).toBe(asked.prompts.length);
      expect(asked.prompts.includes('frog')).toBe(level === 'group');
    },
  );

  it('adds up the probabilities of parts, and averages the prompts of synonyms', async () => {
    const shades = new Map([
      ['crimson', [255, 0, 0]],
      ['cyan', [0, 255, 255]],
      ['rose', [255, 0, 128]],
    ] as const);
    const labels: Record<string, string> = { 'birthday cake': 'mixed', 'shopping cart': 'pink' };
    const labelled = photographs((title) => (title in labels ? { label: labels[title] } : {}));
    const asked = { ...colourModel(shades, 32), logitScale: Math.log(20) };
    const accuracy = async (namesAre: 'parts' | 'synonyms') => {
      const ofLabel = new Map([
        ['mixed', 0],
        ['pink', 1],
      ]);
      const classes = { names: [['crimson', 'cyan'], ['rose']], namesAre, ofLabel };
      return (await evaluateClassification(asked, labelled, { classes })).metrics.acc1;
    };
    // The cosine of the red cake is .98 with crimson, .93 with rose, .82 with the mean of crimson
    // and cyan; of the pink cart .96, .998 and .68.
    expect(await accuracy('synonyms')).toBe(1 / 2);
    expect(await accuracy('parts')).toBe(1);
  });

  it('refuses images without labels, and labels without a class', async () => {
    await expect(evaluateClassification(model(), dataset, {})).rejects.toThrow(
      /none of its 16 images has a label/,
    );
    const classes = {
      names: [['dog']],
      namesAre: 'synonyms',
      ofLabel: new Map([['dog', 0]]),
    } as const;
    const labelled = photographs(() => ({ label: 'dogs' }));
    await expect(evaluateClassification(model(), labelled, { classes })).rejects.toThrow(
      /round:birthday-cake: its label "dogs" is not one of the 1 classes/,
    );
  });
});

describe('the contact sheet', () => {
  const query = (text: string) => ({
    text,
    language: 'en',
    rank: 7,
    item: 0,
    nearest: [1, 2, 3].map((item) => ({ item, score: 0.5, right: item === 1 })),
  });

  it('is one file with escaped text and a row for each query', async () => {
    const path = join(dir, 'new', 'sheet.html');
    await writeSheet(path, 'a & b', dataset, [query('<script>"x"</script>'), query('dog')]);
    const html = await readFile(path, 'utf8');
    expect(html.match(/<section class="query">/g)).toHaveLength(2);
    expect(html).toContain('&lt;script&gt;&quot;x&quot;&lt;/script&gt;');
    expect(html).not.toContain('<script>');
    expect(html).toContain('<title>a &amp; b</title>');
    const sources = [...html.matchAll(/(?:src|href)="([^"]{0,22})/g)].map(([, source]) => source);
    expect(new Set(sources)).toEqual(new Set(['data:image/png;base64,']));
    expect(sources).toHaveLength(2 * 4);
  });

  it('shows prepared pixels when an original is missing', async () => {
    const photos = photographs(() => ({ image: { file: join(dir, 'gone.png'), type: '' } }));
    const red = async (set: PreparedDataset) => {
      const uri = await thumbnailDataUri(set, set.items[0], 32);
      const png = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
      const pixels = await sharp(png).removeAlpha().raw().toBuffer();
      // This pixel is in the middle of a red disc.
      return [...pixels.subarray(3 * (16 * 32 + 16), 3 * (16 * 32 + 17))];
    };
    expect(await red(photos)).toEqual([204, 51, 51]);
    expect(await red(dataset)).toEqual([204, 51, 51]);
  });

  it('is a picture that grows with its rows, whatever characters their texts contain', async () => {
    const height = async (...texts: readonly string[]) => {
      const path = join(dir, 'sheet.png');
      await writeSheet(path, 'title', dataset, texts.map(query));
      return (await sharp(path).metadata()).height;
    };
    const [one, two] = [await height('<b> & \u0000'), await height('dog', '犬 \ud800')];
    expect(two - one).toBeGreaterThan(96);
  });
});
