import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { activeKey, reportKey, reportPageKey, versionKey } from '../../src/version/keys.ts';
import { movePointer, readPointer } from '../../src/version/move-pointer.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import type { CompareOptions } from '../../src/jobs/rows/job-details.ts';
import { createJob, getJob, type Job } from '../../src/jobs/rows/jobs.ts';
import { DiptychError } from '../../src/errors.ts';
import { handleMessage, type JobConsumer } from '../../src/jobs/handle-message.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
import { jobOptions } from '../../src/jobs/job-options.ts';
import { reportJob, type JobReport } from '../../src/jobs/report/job-report.ts';
import { runJob } from '../../src/jobs/run-job.ts';
import type { Compare } from '../../src/jobs/steps/step.ts';
import { parseSwitchCondition } from '../../src/jobs/steps/switch-condition.ts';
import { switchVersion } from '../../src/jobs/steps/switch-version.ts';
import {
  comparedMetrics,
  type CompareRequest,
  type Comparison,
} from '../../src/metrics/comparison.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { cloudManifest } from '../vectorize/cloud-manifest.ts';
import { collection, fakeEmbedder, model, numbered, openFixture, type Fixture } from './job-fixture.ts'; // prettier-ignore

const databases = useDatabases(startD1);
let catalogue: Catalogue;
let fixture: Fixture;
/** How far the clock moves each time that it is read, milliseconds. */
let tick = 1000;
let time = 1_800_000_000_000;

beforeAll(async () => {
  catalogue = await databases.open({ now: () => (time += tick) });
  fixture = await openFixture(catalogue);
  await fixture.ingest([...numbered(3), { id: '<script>alert("1")</script>', title: 'words' }]);
}, 60_000);
beforeEach(async () => {
  tick = 1000;
  for (const { key } of await fixture.objects.list(`collections/${collection}/`))
    await fixture.objects.delete(key);
});

/** What the steps of a job call, in addition to the stores. */
const stepsOf = <T extends Compare>(compare: T) => ({
  ...fixture,
  embedder: fakeEmbedder(),
  build: async () => {
    await store('new', model.hash);
    return { version: 'new' };
  },
  compare,
  publish: async (job: Job, version: string, activate: boolean) => {
    if (activate) await switchVersion(fixture, job, version);
  },
});

type CompareAtOnce = (...asked: Parameters<Compare>) => Promise<Comparison>;

type Run = (job: string, compare: CompareAtOnce) => Promise<JobReport>;

const direct: Run = (job, compare) => runJob({ ...stepsOf(compare), owner: 'test' }, job);

/** A comparison that is not finished at the first look. */
const byQueue: Run = async (id, compare) => {
  const waiting: JobMessage[] = [{ step: 'plan', job: id }];
  let looks = 0;
  const queue: JobConsumer = {
    ...stepsOf<Compare>(async (...of) => (looks++ === 0 ? undefined : compare(...of))),
    send: async (messages) => void waiting.push(...messages),
    stop: async () => undefined,
  };
  for (let next = waiting.shift(); next; next = waiting.shift()) await handleMessage(queue, next);
  return reportJob(fixture, (await getJob(catalogue, id))!);
};

async function begin(options: CompareOptions = {}): Promise<string> {
  const made = { collection, modelHash: model.hash, options: jobOptions({}, options) };
  return (await createJob(catalogue, made)).job!.id;
}

async function store(version: string, hash: string): Promise<void> {
  const manifest = cloudManifest({ dim: 2, image: new Float32Array(2), version });
  const named = { ...manifest, collection, model: { ...manifest.model, hash } };
  const key = versionKey(collection, version, 'manifest.json');
  await fixture.objects.put(key, Buffer.from(JSON.stringify(named)));
}

/** Make a version of a model the active one. */
async function activate(version: string, hash: string): Promise<void> {
  await store(version, hash);
  await movePointer(fixture.objects, await readPointer(fixture.objects, collection), version);
}

const unreadable = new DiptychError('index_unreadable', 'it is damaged');
const active = async () => (await readPointer(fixture.objects, collection)).pointer?.version;

/** A comparison that finds this change, and remembers its requests. */
function finding(change: number, pairs = 50) {
  const requests: CompareRequest[] = [];
  const recalls = (value: number) =>
    pairs === 0 ? {} : Object.fromEntries(comparedMetrics.map((metric) => [metric, value]));
  const compare: CompareAtOnce = async (_, request) => {
    requests.push(request);
    // Searches still use the earlier version.
    expect(await active()).toBe(request.before);
    return {
      versions: { before: request.before, after: request.after },
      models: { before: 'other', after: model.hash },
      ...{ pairs, captions: 80, images: 3, sets: request.heldOut ?? null, overlapAt10: 0.5 },
      ...{ before: recalls(0.5), after: recalls(0.5 + change), change: recalls(change) },
    };
  };
  return { compare, requests };
}

describe.each([
  ['in this process', direct],
  ['by the queue', byQueue],
])('before a switch %s', (_, run) => {
  it.each([
    ['no version was active before', [], { switchIf: `${comparedMetrics[0]} > 0.5` }],
    ['the version before has the same model', ['old', model.hash], {}],
    [
      'this version was active already',
      ['new', 'other'],
      { switchIf: `${comparedMetrics[0]} > 0` },
    ],
  ])('nothing is compared where there is nothing to learn: %s', async (why, before, options) => {
    const [version, hash] = before;
    if (version) await activate(version, hash);
    const { compare, requests } = finding(0);
    const report = await run(await begin(options), compare);
    expect(report).toMatchObject({ comparison: null, switched: true, version: 'new' });
    expect(report.switchReason).toContain(why);
    expect(requests).toEqual([]);
    expect(await active()).toBe('new');
  });

  it('versions of two models are compared, while the old one answers', async () => {
    await activate('old', 'other');
    const { compare, requests } = finding(-0.4);
    const report = await run(await begin(), compare);
    expect(requests).toEqual([{ before: 'old', after: 'new' }]);
    expect(report).toMatchObject({
      state: 'succeeded',
      switched: true,
      comparison: { pairs: 50, overlapAt10: 0.5, condition: null, met: true },
    });
    expect(await active()).toBe('new');
  });

  it('the new version stays ready where its condition is not met', async () => {
    await activate('old', 'other');
    const switchIf = 'image_retrieval_recall@10 >= -0.01';
    const { compare, requests } = finding(-0.02);
    const report = await run(await begin({ switchIf, heldOut: ['noto'] }), compare);
    expect(requests).toEqual([{ before: 'old', after: 'new', heldOut: ['noto'] }]);
    expect(report).toMatchObject({
      state: 'succeeded',
      switched: false,
      switchReason: 'image_retrieval_recall@10 changed by -0.0200, expected >= -0.01',
      comparison: { condition: switchIf, met: false, sets: ['noto'] },
    });
    expect(await active()).toBe('old');
    const better = await run(await begin({ switchIf }), finding(-0.01).compare);
    expect(better).toMatchObject({ switched: true, comparison: { met: true } });
    expect(await active()).toBe('new');
  });

  it('a condition of which nothing could be measured is not met', async () => {
    await activate('old', 'other');
    const options = { switchIf: 'image_retrieval_recall@1 >= -1', heldOut: ['none'] };
    const report = await run(await begin(options), finding(0, 0).compare);
    expect(report).toMatchObject({ state: 'succeeded', switched: false, comparison: { pairs: 0 } });
    expect(report.switchReason).toContain('in the sets none');
    expect(await active()).toBe('old');
  });

  it('a damaged version stays active where a condition cannot be asked of it, and only there', async () => {
    await activate('old', 'other');
    const broken: CompareAtOnce = () => Promise.reject(unreadable);
    const asked = await run(await begin({ switchIf: `${comparedMetrics[0]} > 0` }), broken);
    expect(asked).toMatchObject({ state: 'failed', switched: false });
    expect(asked.error).toContain('could not be compared');
    expect(await active()).toBe('old');
    await fixture.objects.put(versionKey(collection, 'old', 'manifest.json'), Buffer.from('{}'));
    const unasked = await run(await begin(), broken);
    expect(unasked).toMatchObject({ state: 'succeeded', switched: true, comparison: null });
    expect(unasked.switchReason).toContain('could not be compared');
  });
});

describe('a report', () => {
  it('is kept for machines and as a page, in which nothing of a user is markup', async () => {
    await activate('old', 'other');
    const report = await direct(await begin(), finding(0.1).compare);
    expect(report).toMatchObject({ inputs: 4, indexed: 3, skipped: { no_image: 1 } });
    const read = async (key: string) => Buffer.from((await fixture.objects.get(key))!).toString();
    expect(JSON.parse(await read(reportKey(report.job)))).toEqual(report);
    const page = await read(reportPageKey(report.job));
    expect(page).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;');
    expect(page).not.toContain('<script');
    for (const word of ['image_retrieval_recall@10', '+0.1000', 'no_image', 'rows written to D1'])
      expect(page).toContain(word);
  });

  it('says how long each stage took, and never less than nothing', async () => {
    const report = await direct(await begin(), finding(0).compare);
    const stages = ['planning', 'encoding', 'building', 'comparing', 'publishing'];
    expect(Object.keys(report.timings)).toEqual([...stages, 'total']);
    for (const stage of stages) expect(report.timings[stage]).toBeGreaterThanOrEqual(1);
    const sum = stages.reduce((total, stage) => total + report.timings[stage], 0);
    expect(report.timings['total']).toBe(sum);
    tick = -5000;
    await fixture.objects.delete(activeKey(collection));
    const backwards = await direct(await begin(), finding(0).compare);
    expect(new Set(Object.values(backwards.timings))).toEqual(new Set([0]));
  });
});

describe('a condition', () => {
  it.each([
    ['image_retrieval_recall@10 >= -0.01', '>=', -0.01],
    ['image_retrieval_recall@1>0', '>', 0],
    ['  image_retrieval_recall@5  >  +1 ', '>', 1],
  ])('%s is understood', (text, relation, change) => {
    expect(parseSwitchCondition(text)).toMatchObject({ relation, change });
  });

  it.each([
    'recall > 0',
    'image_retrieval_recall@10',
    'image_retrieval_recall@10 < 0',
    'image_retrieval_recall@10 >= one',
    'image_retrieval_recall@10 >= -1.5',
    'image_retrieval_recall@10 >= 0 or so',
    '',
  ])('%j is refused, with what is allowed', (switchIf) => {
    expect(() => jobOptions({}, { switchIf })).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringContaining(
          'image_retrieval_recall@1, image_retrieval_recall@5',
        ) as string,
      }),
    );
  });
});
