import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker, type RunningWorker } from '../../gpu-embedder/operate/dev/start-worker.ts';
import { publishVersion } from '../../gpu-embedder/operate/publish/publish-version.ts';
import { localR2Store } from '../../gpu-embedder/operate/store/local-r2-store.ts';
import { openLocalModel, type LocalModel } from '../../gpu-embedder/operate/search/local-model.ts';
import { newestVersion } from '../../gpu-embedder/operate/search/newest-version.ts';
import { openLocalCollection } from '../../gpu-embedder/operate/search/open-local-collection.ts';
import { answerSearch } from '../../src/search/answer-search.ts';
import type { Collection } from '../../src/search/collection.ts';
import { queryFormatOf } from '../../src/image/image-format.ts';
import type { CaptionsResponse, ClassifyResponse, SearchResponse } from '../../src/http/api.ts';
import { noPictures, otherPictures, scenes } from '../setup/pictures.ts';
import { runDiptych } from './run-diptych.ts';

/**
 * Every kind of picture goes through every door, and the embeddings are compared. The model is the
 * starter model, because a random one hardly sees how a picture lies. Doors resize a little
 * differently (cubic or Lanczos, before or after turning) and compute in float or int8, so the same
 * picture has a cosine of 0.998 or more. One that lies on its side has 0.25.
 */
const same = 0.99;
const model = 'models/pictogram';
const [prepared, job] = ['prepared', 'job'];

let dir: string;
let worker: RunningWorker;
let local: LocalModel;
let version: string;
let searched: Collection;
let shown: Record<string, Buffer>;
let pictures: Record<string, Buffer>;
let bad: Record<string, Buffer>;
const summaries: Record<string, Record<string, unknown>> = {};

async function diptych(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runDiptych(...args, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-doors-'));
  const [images, captions, data, embeddings, index] = [
    ...['pictures', 'captions.csv', 'data', 'embeddings', 'index'],
  ].map((name) => join(dir, name));
  shown = await scenes();
  pictures = { ...shown, ...(await otherPictures()) };
  bad = await noPictures();
  const files = Object.entries({ ...pictures, ...bad });
  await mkdir(images);
  for (const [name, bytes] of files) await writeFile(join(images, name), bytes);
  await writeFile(
    captions,
    ['image,caption', ...files.map(([name]) => `${name},${name}`)].join('\n'),
  );

  const folder = ['folder', images, '--captions', captions];
  summaries.prepare = await diptych('prepare', ...folder, '--out', data, '--for', model);
  const encoded = ['--data', data, '--model', model, '--collection', prepared];
  await diptych('encode', ...encoded, '--out', embeddings);
  await diptych('index', ...encoded, '--embeddings', embeddings, '--out', index);
  version = await newestVersion(index);
  const store = await localR2Store(join(dir, 'store/r2'));
  await publishVersion(store, version, model);
  await store.close();

  const kept = ['--collection', job, '--work-dir', dir];
  await diptych('migrate', '--work-dir', dir);
  summaries.ingest = await diptych('ingest', ...folder, ...kept);
  summaries.job = await diptych('reindex', '--model', model, ...kept);
  local = await openLocalModel(model);
  searched = await openLocalCollection(version, local);
  worker = await startWorker({ host: '127.0.0.1', port: 0, r2Dir: join(dir, 'store/r2') });
}, 120_000);

afterAll(async () => {
  await local?.dispose();
  await worker?.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('what is no picture', () => {
  it('is refused where items come in, and each is counted', () => {
    const good = Object.keys(pictures).length;
    const all = good + Object.keys(bad).length;
    expect(summaries).toMatchObject({
      prepare: { inputs: all, prepared: good, skipped: { broken_image: 4 } },
      // The picture that is cut short has a whole header, so only the job finds out.
      ingest: {
        ...{ inputs: all, created: good + 1, skipped: {} },
        failed: { unsupported_image: 2, unreadable_image: 1 },
      },
      job: { inputs: good + 1, encoded: good, failed: { unreadable_image: 1 } },
    });
  });

  it.each([
    ['phone.heic', 415, 'unsupported_image', /HEIC.* save it as JPEG/],
    ['login.jpg', 415, 'unsupported_image', /HTML page/],
    ['empty.png', 422, 'unreadable_image', /expected bytes, got none/],
    ['cut.jpg', 422, 'unreadable_image', /cannot be decoded/],
  ])('%s is called so by each door of queries', async (name, status, code, message) => {
    const report = await readFile(join(dir, 'data/report.json'), 'utf8');
    const { skipped } = JSON.parse(report) as { skipped: readonly { reason: string }[] };
    const reason = skipped.find((one) => one.reason.startsWith(name))?.reason;
    const body = upload(name, { collection: prepared });
    const response = await fetch(`${worker.url}/v1/search`, { method: 'POST', body });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    const file = join(dir, 'pictures', name);
    const flags = ['--image', file, '--index', version, '--model', model];
    const { stderr } = await runDiptych('search', ...flags);
    expect([response.status, error.code]).toEqual([status, code]);
    expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: ${file}: `));
    for (const said of [reason, error.message, stderr]) expect(said).toMatch(message);
  });
});

/** What a door answers for a picture: the cosine of each item, by its id. */
type Cosines = ReadonlyMap<string, number>;

const cosinesOf = ({ matches }: Pick<SearchResponse, 'matches'>): Cosines =>
  new Map(matches.map(({ id, score }) => [id, score]));

async function post<T>(path: string, body: FormData | object): Promise<T> {
  const init =
    body instanceof FormData
      ? { body }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(worker.url + path, { method: 'POST', ...init });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}

function upload(name: string, fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('image', new Blob([new Uint8Array(pictures[name] ?? bad[name])]), name);
  return form;
}

const limit = 100;

/** The doors of queries: each gives the cosines of a picture and all items. */
const doors: Readonly<Record<string, (name: string) => Promise<Cosines>>> = {
  'an upload, of prepared items': async (name) =>
    cosinesOf(await post('/v1/search', upload(name, { collection: prepared, limit: `${limit}` }))),
  'an upload, of ingested items': async (name) =>
    cosinesOf(await post('/v1/search', upload(name, { collection: job, limit: `${limit}` }))),
  base64: async (name) => {
    const image = pictures[name].toString('base64');
    return cosinesOf(await post('/v1/search', { collection: prepared, limit, image }));
  },
  'what the command runs': async (name) => {
    const request = { target: 'image', limit } as const;
    return cosinesOf(await answerSearch(searched, request, new Uint8Array(pictures[name]), local));
  },
};
const isAtEdge = (name: string) => queryFormatOf(pictures[name]) !== null;

describe.each(Object.entries(doors))('%s', (door, cosines) => {
  it('gives every picture the embedding that its item has', async () => {
    const names = Object.keys(pictures).filter(
      (name) => door === 'what the command runs' || isAtEdge(name),
    );
    const apart: string[] = [];
    for (const name of names) {
      const found = await cosines(name);
      expect(found.size).toBe(Object.keys(pictures).length);
      const alike = name in shown ? Object.keys(shown) : [name];
      for (const other of alike) {
        const cosine = found.get(other)!;
        if (cosine < same) apart.push(`${name} and the item ${other}: ${cosine.toFixed(3)}`);
      }
    }
    expect(apart).toEqual([]);
  });

  it('tells a picture that lies from one that stands', async () => {
    const found = await cosines('lying.png');
    for (const name of Object.keys(shown)) expect(found.get(name)).toBeLessThan(0.5);
  });
});

const turnedOnes = ['turned-5.jpeg', 'turned-6.png', 'turned-7.webp', 'turned-8.avif'];

it.each(turnedOnes)('%s has the captions and classes of the picture as shown', async (name) => {
  const captions = async (one: string) => {
    const answer = await post<CaptionsResponse>(
      '/v1/captions',
      upload(one, { collection: prepared, limit: `${limit}` }),
    );
    return answer.captions.map(({ text, score }) => [text, score] as const);
  };
  const classes = async (one: string) => {
    const image = pictures[one].toString('base64');
    const labels = ['a red bar', 'a green dot', 'a cake'];
    const answer = await post<ClassifyResponse>('/v1/classify', {
      collection: prepared,
      image,
      labels,
    });
    return answer.labels.map(({ label, score }) => [label, score] as const);
  };
  for (const ask of [captions, classes]) {
    const [got, expected] = [await ask(name), new Map(await ask('turned-1.png'))];
    for (const [text, score] of got) expect(score).toBeCloseTo(expected.get(text)!, 1);
  }
});

it('the command finds a picture by a file', async () => {
  const file = join(dir, 'pictures', 'turned-6.webp');
  const answer = await diptych('search', '--image', file, '--index', version, '--model', model);
  const { matches } = answer as unknown as Pick<SearchResponse, 'matches'>;
  for (const { id, score } of matches) {
    expect(shown).toHaveProperty([id]);
    expect(score).toBeGreaterThan(same);
  }
});
