import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker, type RunningWorker } from '../../gpu-embedder/operate/dev/start-worker.ts';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { indexDataset } from '../setup/index-dataset.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { publishVersion } from '../../gpu-embedder/operate/publish/publish-version.ts';
import { localR2Store } from '../../gpu-embedder/operate/store/local-r2-store.ts';
import type { SearchResponse } from '../../src/http/api.ts';
import { shapeNames, writeShapesDataset } from '../setup/shapes-dataset.ts';
import { uploads } from '../setup/uploads.ts';
import { runDiptych } from './run-diptych.ts';

/** `diptych search` and `POST /v1/search` of a worker, over the same versions. */
type Answer = Omit<SearchResponse, 'timings'>;

const collections = ['whole', 'sharded'] as const;
let dir: string;
let model: string;
let worker: RunningWorker;
const index: Record<string, string> = {};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-as-http-'));
  model = join(dir, 'model');
  await writeTinyModel(model, { seed: 5 });
  const [data, out, r2Dir] = ['data', 'index', 'r2'].map((name) => join(dir, name));
  await writeShapesDataset(data, 32);
  const store = await localR2Store(r2Dir);
  for (const collection of collections) {
    const encoded = { model, data, collection, out: join(dir, `${collection}-embeddings`) };
    const { dir: embeddings } = await encodeDataset({ ...encoded, threads: 1 });
    const shards = collection === 'sharded' ? 3 : undefined;
    const built = await indexDataset({ embeddings, data, model, collection, out, shards });
    index[collection] = built.dir;
    await publishVersion(store, built.dir, model);
  }
  await store.close();
  worker = await startWorker({ host: '127.0.0.1', port: 0, r2Dir });
}, 120_000);

afterAll(async () => {
  await worker?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function command(collection: string, ...args: readonly string[]): Promise<Answer> {
  const where = ['--index', index[collection], '--model', model, '--json'];
  const { code, stdout, stderr } = await runDiptych('search', ...args, ...where);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Answer;
}

async function http(collection: string, request: object): Promise<Answer> {
  const response = await fetch(`${worker.url}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ collection, ...request }),
  });
  expect(response.status).toBe(200);
  const { timings: _, ...answer } = (await response.json()) as SearchResponse;
  return answer;
}

function expectSame(got: Answer, expected: Answer): void {
  expect(got.matches.map(({ id }) => id)).toEqual(expected.matches.map(({ id }) => id));
  const numbers = ({ matches }: Answer) =>
    matches.flatMap(({ score, probability }) => [score, probability]);
  const theirs = numbers(expected);
  numbers(got).forEach((value, i) => expect(Math.abs(value - theirs[i])).toBeLessThanOrEqual(1e-5));
  const rest = ({ matches, ...answer }: Answer) => ({
    ...answer,
    metadata: matches.map(({ metadata }) => metadata),
  });
  expect(rest(got)).toEqual(rest(expected));
}

/** Queries: names, parts of names, misspelt or foreign names, unknown words, and a text that is far too long. */
const texts = [
  ...shapeNames.filter((_, i) => i % 3 === 0),
  ...['cake', 'DOG', 'thing', 'appl', 'aple', 'huose', 'stra', 'candels', 'red', 'yelow fish'],
  ...['corazón', 'corazon rojo', 'ARBOL verde', 'pez', 'luna gris', 'perro azul o verde'],
  ...['a blue boat on a green tree', 'xyzzy', 'grey moon, yellow star & red heart', '犬'],
  ...['what is this?', 'dog '.repeat(40), '  red   apple  ', 'birthday cake', 'ﬁsh', 'heart red'],
  ...['green house green house', 'no such thing', 'moon', 'casa'],
];

describe('diptych search --json', () => {
  it.each(['hybrid', 'vector', 'keyword'])(
    'gives the matches of POST /v1/search for 50 texts by mode %s',
    async (mode) => {
      expect(texts).toHaveLength(50);
      const found = new Set<string>();
      for (const text of texts) {
        const got = await command('whole', text, '--mode', mode);
        expectSame(got, await http('whole', { text, mode }));
        expect(got).toMatchObject({ mode, encoder: 'edge' });
        found.add(got.matches.map(({ id }) => id).join());
      }
      // The queries must have different results: otherwise the comparison would mean little.
      expect(found.size).toBeGreaterThan(30);
    },
    60_000,
  );

  it('chooses the mode as the API does, and says when a text is cut', async () => {
    const long = 'dog '.repeat(40);
    const got = await command('whole', long);
    expect(got).toMatchObject({ mode: 'hybrid', truncated: true });
    expectSame(got, await http('whole', { text: long }));
  });

  it('finds captions', async () => {
    for (const text of texts.slice(0, 10)) {
      const got = await command('whole', text, '--target', 'caption', '--limit', '5');
      expectSame(got, await http('whole', { text, target: 'caption', limit: 5 }));
      expect(got.matches[0].id).toMatch(/^caption:\d+$/);
    }
  });

  it('finds images like an item, without the item itself', async () => {
    for (const id of ['filled:red-cake', 'outline:grey-moon']) {
      const got = await command('whole', '--id', id);
      expectSame(got, await http('whole', { id }));
      expect(got.matches.map((match) => match.id)).not.toContain(id);
    }
  });

  it('decodes an image of any kind as the local worker does', async () => {
    await mkdir(join(dir, 'uploads'), { recursive: true });
    const { 'vector.svg': _, ...images } = await uploads();
    // When this picture is scaled, its shorter side is not a whole number of pixels.
    const odd = sharp(images['square.png']).resize(97, 143, { fit: 'fill' });
    images['odd.png'] = await odd.clone().png().toBuffer();
    images['odd.jpg'] = await odd.clone().flatten({ background: '#eee' }).jpeg().toBuffer();
    for (const [name, bytes] of Object.entries(images)) {
      const file = join(dir, 'uploads', name);
      await writeFile(file, bytes);
      const image = Buffer.from(bytes).toString('base64');
      expectSame(await command('whole', '--image', file), await http('whole', { image }));
    }
  });

  it('tells the captions that describe an image', async () => {
    const bytes = (await uploads())['square.jpg'];
    const file = join(dir, 'described.jpg');
    await writeFile(file, bytes);
    const image = Buffer.from(bytes).toString('base64');
    const got = await command('whole', '--image', file, '--target', 'caption');
    expectSame(got, await http('whole', { image, target: 'caption' }));
    expect(got.matches[0].metadata.items).not.toEqual([]);
  });

  it('continues with the next page, as the worker does', async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const page: readonly string[] = cursor === null ? [] : ['--cursor', cursor];
      const got = await command('whole', 'red thing', '--mode', 'vector', '--limit', '50', ...page);
      const request = { text: 'red thing', mode: 'vector', limit: 50, cursor: cursor ?? undefined };
      expectSame(got, await http('whole', request));
      ids.push(...got.matches.map(({ id }) => id));
      cursor = got.nextCursor;
    } while (cursor !== null);
    expect(new Set(ids).size).toBe(2 * shapeNames.length);
    expect(ids).toHaveLength(2 * shapeNames.length);
  });

  it('searches shards in this process as the worker does in several', async () => {
    for (const text of texts.slice(0, 10)) {
      expectSame(await command('sharded', text), await http('sharded', { text }));
    }
    const id = 'filled:blue-fish';
    expectSame(await command('sharded', '--id', id), await http('sharded', { id }));
  });

  it('takes the ONNX towers with --precise, whose scores are near those of the edge', async () => {
    const flags = ['green star', '--mode', 'vector', '--limit', '100'];
    const [edge, onnx] = [
      await command('whole', ...flags),
      await command('whole', ...flags, '--precise'),
    ];
    expect([edge.encoder, onnx.encoder]).toEqual(['edge', 'onnx']);
    const scores = new Map(edge.matches.map(({ id, score }) => [id, score]));
    const apart = onnx.matches.flatMap(({ id, score }) =>
      scores.has(id) ? [Math.abs(score - scores.get(id)!)] : [],
    );
    expect(apart.length).toBeGreaterThan(80);
    expect(Math.max(...apart)).toBeLessThan(0.05);
    expect(Math.max(...apart)).toBeGreaterThan(0);
  });

  it.each([
    [['--id', 'filled:no-such'], 'unknown_item'],
    [['cake', '--cursor', 'abc'], 'bad_request'],
    [['<pad>'], 'empty_query'],
    [['cake', '--target', 'caption', '--mode', 'keyword'], 'bad_request'],
  ])('refuses %j as the API does', async (args, code) => {
    const where = ['--index', index['whole'], '--model', model];
    const { code: exit, stderr } = await runDiptych('search', ...args, ...where);
    expect(exit).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: `));
  });
});
