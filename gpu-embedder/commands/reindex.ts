import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { activeJob, createJob, type Job } from '../../src/catalogue/jobs.ts';
import { releaseLease } from '../../src/catalogue/job-lease.ts';
import { requireCollection } from '../../src/catalogue/require-collection.ts';
import { quantisations } from '../../src/artifact/quantise.ts';
import type { Embedder } from '../../src/embedder/embedder.ts';
import { DiptychError } from '../../src/errors.ts';
import {
  compareOptions,
  withCompareOptions,
  type CompareOptions,
} from '../../src/reindex/comparison.ts';
import { readPrice } from '../../src/reindex/cost-estimate.ts';
import { type JobReport } from '../../src/reindex/job-report.ts';
import { reportPageKey } from '../../src/version/keys.ts';
import { reportPage } from '../../src/reindex/report-page.ts';
import { parseSwitchCondition } from '../../src/reindex/switch-condition.ts';
import type { JobStores } from '../../src/reindex/plan-job.ts';
import { reasonOf } from '../../src/reindex/retry-policy.ts';
import { runJob, type JobRun } from '../../src/reindex/run-job.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import { exitWhenInterrupted } from '../cli/interrupts.ts';
import { withStoreFlags, withStores, type StoreFlags } from '../catalogue/with-stores.ts';
import { isAlive } from '../common/is-alive.ts';
import { stageBars } from '../common/stage-bars.ts';
import { buildJob } from '../reindex/build-job.ts';
import { collectCollection } from '../reindex/collect-collection.ts';
import { compareVersions } from '../reindex/compare-versions.ts';
import { publishJob } from '../reindex/publish-job.ts';
import { refuseBadEnd, showReport } from '../reindex/show-report.ts';
import { atLeast } from './at-least.ts';

interface ReindexFlags extends StoreFlags, CompareOptions {
  readonly collection: string;
  readonly model: string;
  readonly quantisation?: string;
  readonly recall?: string;
  readonly shards?: string;
  readonly keep: number;
  readonly report?: string;
  readonly json?: boolean;
}

export function registerReindex(program: Command): void {
  withStoreFlags(program.command('reindex'))
    .description(
      'Encode what is new in a collection of the catalogue, build a version and make it active.\n' +
        'Interrupted, the same command goes on where it stopped.',
    )
    .requiredOption('--collection <name>', 'collection to index')
    .option('--model <dir|id>', 'model that encodes', 'models/pictogram')
    .addOption(
      new Option('--quantisation <kind>', 'how vectors are kept').choices([...quantisations]),
    )
    .option('--recall <share>', 'annRecall@10 that a search reaches (default: 0.98)')
    .option('--shards <n>', 'isolates to spread the vectors over')
    .option(
      '--keep <n>',
      'versions that stay; what is older and unused goes (0: all stay)',
      atLeast(0),
      3,
    )
    .option('--switch-if <condition>', 'make it active only if "METRIC >= CHANGE" holds', condition)
    .option('--held-out <set...>', 'sets that no model was trained on: compare by these alone')
    .option('--report <file>', 'write the report as a page, too (.html)')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', helpText)
    .action(run);
}

const helpText = `
A version is compared with the active one before it takes its place, where the model is another or
--switch-if is given: METRIC is image_retrieval_recall@1, @5 or @10, CHANGE is new less old, -1 to 1, as in
  --switch-if "image_retrieval_recall@10 >= -0.01"
If it does not hold, the version stays ready, the command exits with 1, and
  diptych versions rollback --collection NAME VERSION
makes it active all the same.
EMBEDDER_PRICE_PER_HOUR, in US dollars, goes into the estimate of costs.`;

async function run(flags: ReindexFlags): Promise<void> {
  const { EMBEDDER_PRICE_PER_HOUR: price } = process.env;
  if (price && readPrice(price) === null) {
    throw new DiptychError(
      'invalid_option',
      `EMBEDDER_PRICE_PER_HOUR: expected US dollars such as 1.25, got ${JSON.stringify(price)}`,
    );
  }
  const listenNoMore = exitWhenInterrupted();
  const report = await withStores(flags, async (stores) => {
    await requireCollection(stores.catalogue, flags.collection);
    const done = await withModel(flags.model, (model, embedder) =>
      index(stores, model, embedder, flags),
    );
    if (done.state === 'succeeded' && flags.keep > 0) await tidyUp(stores, flags);
    return done;
  }).finally(listenNoMore);
  if (flags.report !== undefined) {
    await mkdir(dirname(flags.report), { recursive: true });
    await writeFile(flags.report, reportPage(report));
  }
  const kept = flags.report ?? `${reportPageKey(report.job)} in the store below ${flags.workDir}`;
  showReport(report, kept, flags.json === true);
  refuseBadEnd(report);
}

/** Collect what the new version leaves unused. The job has succeeded, whatever becomes of this. */
async function tidyUp(stores: JobStores, { collection, keep }: ReindexFlags): Promise<void> {
  try {
    const { removed } = await collectCollection(stores, { collection, keep, orphans: false });
    for (const { what, why } of removed) process.stderr.write(`removed ${what}: ${why}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `the version is active, but what is unused could not be removed: ${why}\n`,
    );
  }
}

async function withModel<T>(
  dirOrHubId: string,
  work: (model: EmbeddingModel, embedder: Embedder) => Promise<T>,
): Promise<T> {
  const [{ loadModel }, { directEmbedder }] = await Promise.all([
    import('../encode/load-model.ts'),
    import('../service/direct-embedder.ts'),
  ]);
  const model = await loadModel(dirOrHubId);
  const embedder = directEmbedder(model);
  try {
    return await work(model, embedder);
  } finally {
    await embedder.close();
    await model.dispose();
  }
}

/** Run the job that the collection is busy with, or a new one. */
async function index(
  stores: JobStores,
  model: EmbeddingModel,
  embedder: Embedder,
  flags: ReindexFlags,
): Promise<JobReport> {
  const bars = stageBars();
  try {
    const job = await findOrCreateJob(stores.catalogue, model.hash, flags);
    await freeFromTheDead(stores.catalogue, job);
    const run: JobRun = {
      ...stores,
      embedder,
      build: (one, signal) => buildJob(stores, one, flags.model, bars.update, signal),
      compare: ({ collection }, request, signal) =>
        compareVersions(stores.objects, collection, request, {
          signal,
          onProgress: (done, total) => bars.update('compare', done, total),
        }),
      publish: (one, version, activate) => publishJob(stores, one, version, activate),
      costs: { embedderPricePerHour: readPrice(process.env.EMBEDDER_PRICE_PER_HOUR) },
      owner: `${hostname()}:${process.pid}`,
      onProgress: ({ state, done, total }) => {
        if (state === 'encoding') bars.update('encode batches', done, total);
      },
      onWait: reportWait,
    };
    return await runJob(run, job.id);
  } finally {
    bars.stop();
  }
}

async function findOrCreateJob(
  catalogue: Catalogue,
  modelHash: string,
  flags: ReindexFlags,
): Promise<Job> {
  const { collection } = flags;
  const options = optionsOf(flags);
  const created = await createJob(catalogue, { collection, modelHash, options });
  const job = created.job ?? (await activeJob(catalogue, collection));
  if (!job) throw new DiptychError('job_busy', `collection ${collection}: try again`);
  if (!created.job) refuseOther(job, flags);
  if (job.modelHash === modelHash) return job;
  throw new DiptychError(
    'model_mismatch',
    `job ${job.id} of collection ${collection} encodes with model ${job.modelHash}, got ${modelHash}`,
  );
}

/** A process of this machine that was killed gave nothing back. */
async function freeFromTheDead(catalogue: Catalogue, { id, leaseOwner }: Job): Promise<void> {
  const [host, pid] = (leaseOwner ?? '').split(':');
  if (host === hostname() && !isAlive(Number(pid))) {
    await releaseLease(catalogue, id, leaseOwner!);
  }
}

function reportWait(error: unknown, seconds: number): void {
  process.stderr.write(`\n${reasonOf(error)}; again in ${seconds} s\n`);
}

/** A job that was started without this condition would switch without it. */
function refuseOther({ id, collection, options }: Job, { switchIf, heldOut }: ReindexFlags): void {
  if (switchIf === undefined && heldOut === undefined) return;
  const known = compareOptions(options);
  const isSame = known.switchIf?.text === switchIf && isDeepStrictEqual(known.heldOut, heldOut);
  if (isSame) return;
  throw new DiptychError(
    'job_busy',
    `collection ${collection} is being indexed by job ${id}, which was started with other --switch-if or --held-out: run it to its end without these, or cancel it`,
    { job: id },
  );
}

function optionsOf(flags: ReindexFlags): Record<string, unknown> {
  const { quantisation, recall, shards } = flags;
  const options = {
    ...(quantisation !== undefined && { quantisation }),
    ...(recall !== undefined && { recall: Number(recall) }),
    ...(shards !== undefined && { shards: Number(shards) }),
  };
  return withCompareOptions(options, flags);
}

function condition(text: string): string {
  try {
    parseSwitchCondition(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
