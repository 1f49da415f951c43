import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyCollection } from '../../gpu-embedder/operate/verify/verify-collection.ts';
import { folderStore } from '../../gpu-embedder/operate/store/folder-store.ts';
import { createJob } from '../../src/jobs/rows/jobs.ts';
import { runJob } from '../../src/jobs/run-job.ts';
import { startD1 } from '../support/catalogues.ts';
import { coloured } from '../support/stage.ts';
import { collection, openFixtureOn } from './job-fixture.ts';
import { openRealJobs, published } from './real-jobs.ts';

/**
 * Run a job whose disk is full when it publishes, until the test makes room. It runs in a process of its
 * own, because only that process sees the small disk.
 */
const disk = process.argv[2];
const filler = join(disk, 'filler');
const [jobs, d1] = await Promise.all([openRealJobs(), startD1()]);
const fixture = await openFixtureOn(await d1.open(), folderStore(join(disk, 'store')));
await fixture.ingest(coloured(0, 30));
const { job } = await createJob(fixture.catalogue, { collection, modelHash: jobs.modelHash });
const work = jobs.workOn(fixture);
let isFilled = false;
const failures: string[] = [];
const report = await runJob(
  {
    ...work,
    embedder: jobs.embedder,
    owner: 'test',
    publish: async (...asked) => {
      if (!isFilled) fill();
      isFilled = true;
      await work.publish(...asked);
    },
    wait: async () => undefined,
    onWait: (error) => {
      failures.push(String(error));
      if (failures.length === 3) rmSync(filler);
    },
  },
  job!.id,
);
const { differences } = await verifyCollection(fixture, collection);
const { content } = (await published(fixture)) as { content: string };
process.stdout.write(JSON.stringify({ report, failures, differences, content }));
await Promise.all([jobs.close(), d1.stop()]);

/** Fill the disk to the last byte. */
function fill(): void {
  for (let bytes = 1 << 20; bytes > 0; bytes >>= 1) {
    try {
      for (;;) writeFileSync(filler, new Uint8Array(bytes), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
