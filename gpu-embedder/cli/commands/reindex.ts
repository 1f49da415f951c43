import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { Catalogue } from '../../../src/catalogue/catalogue.ts';
import type { CompareOptions } from '../../../src/jobs/rows/job-details.ts';
import type { Job } from '../../../src/jobs/rows/jobs.ts';
import { releaseLease } from '../../../src/jobs/rows/job-lease.ts';
import { requireCollection } from '../../../src/catalogue/require-collection.ts';
import type { Embedder } from '../../../src/embedder/embedder.ts';
import { DiptychError } from '../../../src/errors.ts';
import { heldOutSchema } from '../../../src/metrics/comparison.ts';
import type { BuildOptions } from '../../../src/jobs/build-options.ts';
import { readPrice } from '../../../src/jobs/report/cost-settings.ts';
import type { JobReport } from '../../../src/jobs/report/job-report.ts';
import { reportPageKey } from '../../../src/version/keys.ts';
import { reportPage } from '../../../src/jobs/report/report-page.ts';
import { parseSwitchCondition } from '../../../src/jobs/steps/switch-condition.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { reasonOf } from '../../../src/jobs/retry-policy.ts';
import { runJob, type JobRun } from '../../../src/jobs/run-job.ts';
import { startOrJoinJob } from '../../../src/jobs/start-job.ts';
import { exitWhenInterrupted } from '../interrupts.ts';
import {
  withStoreFlags,
  withStores,
  type StoreFlags,
} from '../../operate/catalogue/with-stores.ts';
import { buildFlags } from '../flags/build-options.ts';
import { collectionFlag } from '../flags/collections.ts';
import { modelFlag } from '../flags/models.ts';
import { unexpected, wholeNumber } from '../flags/numbers.ts';
import { isAlive } from '../../common/is-alive.ts';
import { stageBars } from '../../common/stage-bars.ts';
import { buildJob } from '../../operate/jobs/build-job.ts';
import { collectCollection } from '../../operate/garbage/collect-collection.ts';
import { compareVersions } from '../../operate/jobs/compare-versions.ts';
import { publishJob } from '../../operate/jobs/publish-job.ts';
import { requireSwitch, showReport } from '../../operate/jobs/show-report.ts';

interface ReindexFlags
  extends StoreFlags, CompareOptions, Pick<BuildOptions, 'quantisation' | 'recall' | 'shards'> {
  readonly collection: string;
  readonly model: string;
  readonly keep: number;
  readonly report?: string;
  readonly json?: boolean;
}

export function registerReindex(program: Command): void {
  withStoreFlags(program.command('reindex'))
    .description(
      'Encode what is new in a collection of the catalogue, build a version and make it active.\n' +
        'After an interruption, the same command continues where it stopped.',
    )
    .addOption(collectionFlag('collection to index'))
    .addOption(modelFlag())
    .addOption(buildFlags.quantisation())
    .addOption(buildFlags.recall())
    .addOption(buildFlags.shards())
    .option(
      '--keep <n>',
      'how many versions stay; older ones that are not used are removed (0: all stay)',
      wholeNumber(0),
      3,
    )
    .option(
      '--switch-if <condition>',
      'make the version active only if "METRIC >= CHANGE" holds',
      condition,
    )
    .option('--held-out <set...>', 'compare only sets that no model was trained on', heldOut)
    .option('--report <file>', 'also write the report to this file as a page (.html)')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', helpText)
    .action(run);
}

const helpText = `
--quantisation, --recall and --shards have the defaults of diptych index.
If the model has changed, or if --switch-if is given, the new version is compared with the active one
first. METRIC is image_retrieval_recall@1, @5 or @10. CHANGE is new minus old, from -1 to 1:
  --switch-if "image_retrieval_recall@10 >= -0.01"
If the condition does not hold, the version stays ready and the command exits with 1. To make the
version active anyway:
  diptych versions rollback --collection NAME VERSION
The estimate of costs takes the price of an embedder, in US dollars, from EMBEDDER_PRICE_PER_HOUR.`;

async function run(flags: ReindexFlags): Promise<void> {
  const { EMBEDDER_PRICE_PER_HOUR: price } = process.env;
  if (price && readPrice(price) === null) {
    throw new DiptychError(
      'invalid_option',
      `EMBEDDER_PRICE_PER_HOUR: expected US dollars such as 1.25, got ${JSON.stringify(price)}`,
    );
  }
  const stopListening = exitWhenInterrupted();
  const report = await withStores(flags, async (stores) => {
    // The collection is checked first, because loading the model takes a while.
    await requireCollection(stores.catalogue, flags.collection);
    const done = await withModel(flags.model, (embedder) => index(stores, embedder, flags));
    if (done.state === 'succeeded' && flags.keep > 0) await tidyUp(stores, flags);
    return done;
  }).finally(stopListening);
  if (flags.report !== undefined) {
    await mkdir(dirname(flags.report), { recursive: true });
    await writeFile(flags.report, reportPage(report));
  }
  const kept = flags.report ?? `${reportPageKey(report.job)} in the store below ${flags.workDir}`;
  showReport(report, kept, flags.json === true);
  requireSwitch(report);
}

/** Remove what is unused now. If that fails, the job has succeeded nevertheless. */
async function tidyUp(stores: Stores, { collection, keep }: ReindexFlags): Promise<void> {
  try {
    const { removed } = await collectCollection(stores, { collection, keep, orphans: false });
    for (const { what, why } of removed) process.stderr.write(`removed ${what}: ${why}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `the job has succeeded, but unused objects could not be removed: ${why}\n`,
    );
  }
}

async function withModel<T>(
  dirOrHubId: string,
  work: (embedder: Embedder) => Promise<T>,
): Promise<T> {
  const [{ loadModel }, { directEmbedder }] = await Promise.all([
    import('../../embed/load-model.ts'),
    import('../../embed/service/embedder/direct-embedder.ts'),
  ]);
  const model = await loadModel(dirOrHubId);
  const embedder = directEmbedder(model);
  try {
    return await work(embedder);
  } finally {
    await embedder.close();
    await model.dispose();
  }
}

/** Run the job that the collection has already, or a new one. */
async function index(stores: Stores, embedder: Embedder, flags: ReindexFlags): Promise<JobReport> {
  const bars = stageBars();
  try {
    const { collection, switchIf, heldOut } = flags;
    const request = { collection, index: indexOptions(flags), switchIf, heldOut };
    const job = await startOrJoinJob({ ...stores, embedder }, request);
    await freeDeadLease(stores.catalogue, job);
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

/** A killed process on this host still holds its lease: release it. */
async function freeDeadLease(catalogue: Catalogue, { id, leaseOwner }: Job): Promise<void> {
  const [host, pid] = (leaseOwner ?? '').split(':');
  if (host === hostname() && !isAlive(Number(pid))) {
    await releaseLease(catalogue, id, leaseOwner!);
  }
}

function reportWait(error: unknown, seconds: number): void {
  process.stderr.write(`\n${reasonOf(error)}; trying again in ${seconds} s\n`);
}

function indexOptions({ quantisation, recall, shards }: ReindexFlags): BuildOptions {
  return { quantisation, recall, shards };
}

function condition(text: string): string {
  try {
    parseSwitchCondition(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function heldOut(name: string, before: readonly string[] = []): readonly string[] {
  const { data } = heldOutSchema.safeParse([...before, name]);
  if (data) return data;
  throw unexpected('at most 100 sets, each of 1 to 255 characters', name);
}
