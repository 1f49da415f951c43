import { rm } from 'node:fs/promises';
import { progressBar } from '../gpu-embedder/common/progress.ts';
import { createRandom, type Random } from '../gpu-embedder/common/random.ts';
import {
  coloured,
  collection,
  openStage,
  prepareStage,
  type Stage,
} from '../test/support/stage.ts';
import type { BenchOptions } from './bench.ts';

export interface SoakRow {
  /** The killed process, or `rounds` for changes with all kinds of faults. */
  readonly what: string;
  readonly jobs: number;
  readonly kills: number;
  readonly minutes: number;
  /** Number of items missing in the version, of duplicate items, and of items that should not exist. */
  readonly lost: number;
  readonly twice: number;
  readonly extra: number;
  /** Jobs with inconsistent numbers, or after which `diptych verify` found a difference. */
  readonly wrong: number;
  /** Jobs whose version differs from that of an undisturbed job. */
  readonly different: number;
  readonly queries: number;
  readonly queriesFailed: number;
}

type Target = 'embedder' | 'worker' | 'command';

export const question =
  'What is lost when processes are killed, stores fail and messages arrive twice while people search?';
export const flags = ['rounds', 'kills', 'items', 'seed'] as const;

/** Most kills of one job; every job begins with nothing encoded. */
const killsOfJob = 10;
/** Shares of R2 writes that fail, statements that fail, and messages that are delivered twice. */
const faults = { put: 0.05, statement: 0.01, twice: 0.1 };

/**
 * Kill each kind of process `--kills N` times at random moments of jobs over `--items N`. Then run
 * `--rounds N`, each with changes, a job and a kill.
 */
export async function run(options: BenchOptions = {}): Promise<SoakRow[]> {
  const number = (name: (typeof flags)[number], otherwise: number) =>
    Number(options[name] ?? otherwise);
  const [rounds, kills, items] = [
    number('rounds', 200),
    number('kills', 50),
    number('items', 2000),
  ];
  const random = createRandom(number('seed', 1));
  const rows: SoakRow[] = [];
  const prepared = await prepareStage(coloured(0, items));
  try {
    for (const target of ['embedder', 'worker', 'command'] as const) {
      if (kills > 0) rows.push(await killMany(prepared, items, target, kills, random));
    }
    if (rounds > 0) rows.push(await changeMany(prepared, items, rounds, random));
    return rows;
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
}

/** Index everything from the beginning and kill one kind of process, until it was killed `kills` times. */
async function killMany(
  prepared: string,
  items: number,
  target: Target,
  kills: number,
  random: Random,
): Promise<SoakRow> {
  const expected = ids(items);
  const tally = startTally(target);
  const { content, files } = await undisturbed(prepared);
  const bar = progressBar(`kill ${target}`, kills);
  while (tally.kills < kills) {
    const stage = await openStage(prepared, faults);
    try {
      const left = Math.min(killsOfJob, kills - tally.kills);
      tally.kills += await disturbedJob(stage, target, left, random);
      await tally.check(stage, expected);
      const published = await stage.published();
      const isSame =
        published.content === content && JSON.stringify(published.files) === JSON.stringify(files);
      if (!isSame) tally.different += 1;
    } finally {
      await stage.close();
    }
    bar.update(tally.kills);
  }
  bar.stop();
  return tally.row();
}

async function undisturbed(prepared: string) {
  const stage = await openStage(prepared);
  try {
    await stage.command().ended;
    return await stage.published();
  } finally {
    await stage.close();
  }
}

/** In each round, change and index the collection, kill a process and check the result, during searches. */
async function changeMany(
  prepared: string,
  items: number,
  rounds: number,
  random: Random,
): Promise<SoakRow> {
  const tally = startTally('rounds');
  const stage = await openStage(prepared, faults);
  const bar = progressBar('rounds', rounds);
  try {
    const expected = ids(items);
    await disturbedJob(stage, 'command', 0, random);
    const search = startSearching(stage.url);
    let next = items;
    for (let round = 0; round < rounds; round++) {
      const added = random.integer(20);
      await stage.ingest([...coloured(next, added), ...recaptioned(expected, random, round)]);
      for (const id of ids(added, next)) expected.add(id);
      next += added;
      await remove(stage, expected, random);
      const target = random.pick(['embedder', 'worker', 'command'] as const);
      tally.kills += await disturbedJob(stage, target, 1, random);
      await tally.check(stage, expected);
      bar.update(round + 1);
    }
    Object.assign(tally, await search.stop());
    return tally.row();
  } finally {
    bar.stop();
    await stage.close();
  }
}

/** Run a job to its end and restart its processes at random moments. @returns number of kills */
async function disturbedJob(
  stage: Stage,
  target: Target,
  most: number,
  random: Random,
): Promise<number> {
  if (target === 'command') return disturbedCommand(stage, most, random);
  const report = stage.report(await stage.startJob());
  let hasEnded = false;
  const ended = report.then(() => (hasEnded = true));
  let kills = 0;
  while (kills < most) {
    await Promise.race([ended, delay(2500 * random.uniform())]);
    if (hasEnded) break;
    kills += 1;
    await stage.restart(target);
  }
  await report;
  return kills;
}

async function disturbedCommand(stage: Stage, most: number, random: Random): Promise<number> {
  for (let kills = 0; ; kills++) {
    const command = stage.command();
    let hasEnded = false;
    const ended = command.ended.then(() => (hasEnded = true));
    // The command takes two or three seconds to start.
    if (kills < most) await Promise.race([ended, delay(1500 + 4000 * random.uniform())]);
    else await ended;
    if (hasEnded) {
      const { code } = await command.ended;
      if (code !== 0) throw new Error(`diptych reindex ended with ${code}`);
      return kills;
    }
    await command.kill();
  }
}

function startTally(what: string) {
  const start = performance.now();
  const tally = {
    ...{ what, jobs: 0, kills: 0, lost: 0, twice: 0, extra: 0, wrong: 0, different: 0 },
    ...{ queries: 0, queriesFailed: 0 },
    /** Compare the active version with the expected items. */
    async check(stage: Stage, expected: ReadonlySet<string>): Promise<void> {
      const { ids: found } = await stage.published();
      const distinct = new Set(found);
      const differences = await stage.differences();
      tally.jobs += 1;
      tally.twice += found.length - distinct.size;
      tally.lost += [...expected].filter((id) => !distinct.has(id)).length;
      tally.extra += [...distinct].filter((id) => !expected.has(id)).length;
      if (differences.length > 0) tally.wrong += 1;
      for (const difference of differences.slice(0, 5)) process.stderr.write(`\n${difference}\n`);
    },
    row(): SoakRow {
      const { check: _, row: __, ...numbers } = tally;
      return { ...numbers, minutes: (performance.now() - start) / 60_000 };
    },
  };
  return tally;
}

/** Search continuously, like people who do not know about jobs. */
function startSearching(url: string) {
  const words = ['birthday cake', 'red heart', 'dog', 'house'];
  const counts = { queries: 0, queriesFailed: 0 };
  let isRunning = true;
  const body = (text: string) => JSON.stringify({ collection, text, limit: 5 });
  const loop = async () => {
    while (isRunning) {
      counts.queries += 1;
      const response = await fetch(`${url}/v1/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body(words[counts.queries % words.length]),
      }).catch(() => undefined);
      const answer = (await response?.json().catch(() => undefined)) as
        { matches?: unknown[] } | undefined;
      if (answer?.matches?.length !== 5) {
        counts.queriesFailed += 1;
        process.stderr.write(`\nsearch: ${response?.status} ${JSON.stringify(answer)}\n`);
      }
      await delay(25);
    }
  };
  const done = loop();
  return {
    async stop() {
      isRunning = false;
      await done;
      return counts;
    },
  };
}

async function remove(stage: Stage, expected: Set<string>, random: Random): Promise<void> {
  const all = [...expected];
  const gone = Array.from({ length: random.integer(10) }, () => random.pick(all));
  for (const id of gone) expected.delete(id);
  await stage.remove(gone);
}

/** Choose some items and change their captions. */
function recaptioned(expected: ReadonlySet<string>, random: Random, round: number): object[] {
  const all = [...expected];
  return Array.from({ length: random.integer(10) }, () => {
    const [item] = coloured(Number(random.pick(all).slice(5)), 1);
    return { ...item, captions: [`house ${round}`] };
  });
}

function ids(count: number, first = 0): Set<string> {
  return new Set(coloured(first, count).map((item) => (item as { id: string }).id));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
