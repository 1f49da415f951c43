import { beforeAll, describe, expect, it } from 'vitest';
import {
  captionsResponseSchema,
  classifyResponseSchema,
  type ClassifyResponse,
} from '../../src/http/api.ts';
import { createClient, failureOf, fillBucket, fixture, upload } from './client.ts';

const client = createClient();
beforeAll(() => fillBucket());

async function classify(body: object): Promise<ClassifyResponse> {
  const response = await client.post('/v1/classify', body);
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return classifyResponseSchema.parse(answer);
}

const total = ({ labels }: ClassifyResponse) =>
  labels.reduce((sum, { probability }) => sum + probability, 0);

describe('POST /v1/classify', () => {
  it('gives probabilities by softmax at the scale of the model, best first', async () => {
    const { labels } = await classify({ text: 'dog', labels: ['airplane', 'dog', 'red heart'] });
    expect(labels[0]?.label).toBe('dog');
    expect(labels[0]?.score).toBeCloseTo(1, 4);
    const odds = labels.map(({ score }) => Math.exp(20 * (score - labels[0]!.score)));
    const sum = odds.reduce((a, b) => a + b, 0);
    labels.forEach(({ probability }, i) => expect(probability).toBeCloseTo(odds[i]! / sum, 5));
  });

  it('puts labels in a template', async () => {
    const template = 'a {label} icon';
    const { labels } = await classify({ text: 'a dog icon', labels: ['dog', 'house'], template });
    expect(labels[0]).toMatchObject({ label: 'dog' });
    expect(labels[0]?.score).toBeCloseTo(1, 4);
  });

  it('takes labels from a form: several fields, or one with commas', async () => {
    const form = new FormData();
    form.append('image', upload('square.png'));
    for (const label of ['dog', 'house']) form.append('labels', label);
    const several = await client.request('/v1/classify', { method: 'POST', body: form });
    const fields = { image: upload('square.png'), labels: 'dog, house' };
    const commas = await client.postForm('/v1/classify', fields);
    const [a, b] = [await several.json<ClassifyResponse>(), await commas.json<ClassifyResponse>()];
    expect(a.labels.map(({ label }) => label).sort()).toEqual(['dog', 'house']);
    expect(b.labels).toEqual(a.labels);
    expect(total(a)).toBeCloseTo(1, 6);
  });

  it('takes image and text together', async () => {
    const image = fixture.uploads['square.png'];
    const labels = ['dog', 'house'];
    const [both, imageAlone, textAlone] = await Promise.all(
      [{ image, text: 'dog' }, { image }, { text: 'dog' }].map((q) => classify({ ...q, labels })),
    );
    const dog = ({ labels: found }: ClassifyResponse) =>
      found.find(({ label }) => label === 'dog')!.score;
    expect(dog(both!)).toBeGreaterThan(dog(imageAlone!));
    expect(dog(both!)).toBeLessThan(dog(textAlone!));
  });

  it('takes all captions of the collection as labels', async () => {
    const all = await classify({ text: 'airplane', labelSet: 'captions' });
    expect(all.labels).toHaveLength(8);
    expect(all.labels[0]?.label).toBe('airplane');
    expect(total(all)).toBeCloseTo(1, 6);
    const three = await classify({ text: 'airplane', labelSet: 'captions', limit: 3 });
    expect(three.labels).toEqual(all.labels.slice(0, 3));
  });

  it('takes 1000 labels', async () => {
    const labels = Array.from({ length: 1000 }, (_, i) => `dog ${i}`);
    expect((await classify({ text: 'dog', labels })).count).toBe(1000);
  });

  it('lets other requests have their turn while it encodes many labels', async () => {
    const labels = Array.from({ length: 500 }, (_, i) => `turn ${i}`);
    let isOver = false;
    let turns = 0;
    const others = async () => {
      for (; !isOver; turns++) await new Promise((resolve) => setTimeout(resolve));
    };
    const [answer] = await Promise.all([
      classify({ text: 'dog', labels }).finally(() => (isOver = true)),
      others(),
    ]);
    expect(answer.count).toBe(500);
    expect(turns).toBeGreaterThan(10);
  });

  it.each([
    ['no labels', { text: 'dog' }, 'bad_request', /labels/],
    [
      'labels and a set',
      { text: 'dog', labels: ['a'], labelSet: 'captions' },
      'bad_request',
      /labels/,
    ],
    ['too many labels', { text: 'dog', labels: Array(1001).fill('x') }, 'bad_request', /labels/],
    ['a label twice', { text: 'dog', labels: ['a', 'a'] }, 'bad_request', /once/],
    ['an empty label', { text: 'dog', labels: ['a', ' '] }, 'bad_request', /labels/],
    [
      'a template without label',
      { text: 'x', labels: ['a'], template: 'b' },
      'bad_request',
      /label/,
    ],
    ['nothing to classify', { labels: ['a'] }, 'empty_query', /image or text/],
  ])('refuses %s', async (_name, body, code, message) => {
    const failure = await failureOf(await client.post('/v1/classify', body));
    expect(failure).toMatchObject({ status: 400, code });
    expect(failure.message).toMatch(message);
  });
});

describe('POST /v1/captions', () => {
  it('gives captions of an image, best first', async () => {
    const response = await client.postForm('/v1/captions', {
      image: upload('square.png'),
      limit: '3',
    });
    const { captions, count, index } = captionsResponseSchema.parse(await response.json());
    expect({ count, index: index.version }).toEqual({ count: 3, index: fixture.version });
    expect(captions[0]!.score).toBeGreaterThanOrEqual(captions[2]!.score);
    expect(captions[0]?.items).toHaveLength(2);
  });
});
