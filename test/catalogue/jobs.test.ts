import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import {
  insertBatch,
  batchCounts,
  listBatches,
  updateBatches,
  pendingBatches,
} from '../../src/jobs/rows/job-batches.ts';
import { releaseLease, renewLease, takeLease } from '../../src/jobs/rows/job-lease.ts';
import {
  insertUnits,
  findUnits,
  updateUnits,
  unitCounts,
  failUnits,
} from '../../src/jobs/rows/job-units.ts';
import {
  activeJob,
  createJob,
  getJob,
  listActiveJobs,
  listJobs,
  moveJob,
  requestCancel,
  updatePlanCursor,
} from '../../src/jobs/rows/jobs.ts';
import {
  insertLedger,
  failuresOf,
  ledgerCounts,
  listLedger,
  updateLedger,
} from '../../src/jobs/rows/ledger.ts';
import type { BatchState } from '../../src/catalogue/schema/tables.ts';
import { testDatabases } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

describe.each(testDatabases)('jobs (%s)', (_, start) => {
  const databases = useDatabases(start);
  let catalogue: Catalogue;
  let time = 1000;
  beforeAll(async () => {
    catalogue = await databases.open({ now: () => time });
  });

  const options = { index: { M: 3 }, compare: { heldOut: ['noto'] } };
  const begin = async (collection: string) =>
    (await createJob(catalogue, { collection, modelHash: 'm', options })).job!;

  it('are refused while a collection is busy, with the id of the job that it is busy with', async () => {
    const first = await begin('busy');
    expect(first).toMatchObject({
      state: 'planning',
      options,
      counts: null,
      cancelRequested: false,
      startedAt: null,
      createdAt: time,
    });
    const again = { collection: 'busy', modelHash: 'n' };
    expect(await createJob(catalogue, again)).toEqual({ refusedBy: first.id });
    expect(await getJob(catalogue, first.id)).toEqual(first);
    expect(await activeJob(catalogue, 'busy')).toEqual(first);
    await moveJob(catalogue, first.id, 'planning', 'failed', { error: 'no room' });
    expect(await activeJob(catalogue, 'busy')).toBeUndefined();
    const second = await createJob(catalogue, again);
    expect(second.job?.modelHash).toBe('n');
    expect((await listActiveJobs(catalogue)).map(({ id }) => id)).toContain(second.job!.id);
  });

  it('begin once, where several begin one', async () => {
    const tries = Array.from({ length: 8 }, () =>
      createJob(catalogue, { collection: 'wanted', modelHash: 'm' }),
    );
    const results = await Promise.all(tries);
    const winner = results.find(({ job }) => job)!.job!;
    const refused = results.flatMap(({ refusedBy }) => refusedBy ?? []);
    expect(refused).toEqual(Array(7).fill(winner.id));
  });

  it('are listed newest first, a page at a time', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      time += 1;
      const { id } = await begin('history');
      await moveJob(catalogue, id, 'planning', 'cancelled');
      ids.unshift(id);
    }
    const first = await listJobs(catalogue, 'history', { limit: 3 });
    expect(first.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    const rest = await listJobs(catalogue, 'history', { limit: 3, before: first[2].id });
    expect(rest.map(({ id }) => id)).toEqual(ids.slice(3));
  });

  it('move once from a state, whoever tries', async () => {
    const { id } = await begin('moves');
    const moves = Array.from({ length: 8 }, () => moveJob(catalogue, id, 'planning', 'encoding'));
    expect((await Promise.all(moves)).filter(Boolean)).toHaveLength(1);
    expect(await moveJob(catalogue, id, 'planning', 'encoding')).toBe(false);
    time = 5000;
    const compared = { comparison: null, condition: null, met: true, reason: 'it is the first' };
    const end = { version: 'v1', batches: 4 };
    expect(await moveJob(catalogue, id, 'encoding', 'building')).toBe(true);
    time = 7000;
    expect(await moveJob(catalogue, id, 'building', 'succeeded', { ...end, compared })).toBe(true);
    expect(await getJob(catalogue, id)).toMatchObject({
      ...end,
      counts: { compared, entered: { building: 5000, succeeded: 7000 } },
      state: 'succeeded',
      endedAt: 7000,
    });
  });

  it('take a request to cancel while they are active', async () => {
    const { id } = await begin('cancel');
    expect(await requestCancel(catalogue, id)).toBe(true);
    expect(await requestCancel(catalogue, id)).toBe(true);
    expect((await getJob(catalogue, id))!.cancelRequested).toBe(true);
    await moveJob(catalogue, id, 'planning', 'cancelled');
    expect(await requestCancel(catalogue, id)).toBe(false);
    expect(await requestCancel(catalogue, 'nobody')).toBe(false);
  });

  it('remember how far planning came, and no more once it is over', async () => {
    const { id } = await begin('cursor');
    await catalogue.atomically([
      updatePlanCursor(catalogue, id, 'é', 2),
      updatePlanCursor(catalogue, id, 'back', 1),
    ]);
    await moveJob(catalogue, id, 'planning', 'encoding');
    await catalogue.atomically([updatePlanCursor(catalogue, id, 'late', 3)]);
    expect(await getJob(catalogue, id)).toMatchObject({ planCursor: 'é', batches: 2 });
  });

  it('are driven by who holds the lease', async () => {
    time = 100;
    const { id } = await begin('lease');
    const takes = ['a', 'b', 'c'].map((owner) => takeLease(catalogue, id, owner, 200));
    const taken = await Promise.all(takes);
    expect(taken.filter(Boolean)).toHaveLength(1);
    const owner = ['a', 'b', 'c'][taken.indexOf(true)];
    expect(await getJob(catalogue, id)).toMatchObject({ leaseOwner: owner, startedAt: 100 });
    expect(await takeLease(catalogue, id, owner, 200)).toBe(true);
    expect(await renewLease(catalogue, id, owner, 250)).toBe(true);
    expect(await renewLease(catalogue, id, 'other', 300)).toBe(false);
    time = 251;
    expect(await takeLease(catalogue, id, 'other', 300)).toBe(true);
    expect(await renewLease(catalogue, id, owner, 400)).toBe(false);
    await releaseLease(catalogue, id, owner);
    expect((await getJob(catalogue, id))!).toMatchObject({ leaseOwner: 'other', startedAt: 100 });
    await moveJob(catalogue, id, 'planning', 'failed');
    expect(await takeLease(catalogue, id, 'other', 500)).toBe(false);
  });

  it('have a ledger whose sums add up, whatever comes twice, late or at once', async () => {
    const { id } = await begin('ledger');
    const entries = Array.from({ length: 60 }, (_, i) => ({ itemId: `i${i}`, imageHash: `h${i}` }));
    const none = { itemId: 'none', state: 'skipped' as const, code: 'no_image', reason: 'none' };
    for (let again = 0; again < 2; again++) {
      await catalogue.atomically(insertLedger(catalogue, id, 0, entries.slice(0, 40)));
      await catalogue.atomically(insertLedger(catalogue, id, 1, entries.slice(30)));
      await catalogue.atomically(insertLedger(catalogue, id, null, [none]));
    }
    const marked = entries
      .slice(0, 30)
      .map(({ itemId }, i) =>
        i % 10 === 0
          ? { itemId, state: 'failed' as const, code: 'unreadable_image', reason: `byte ${i} 💥` }
          : { itemId, state: i % 2 ? ('encoded' as const) : ('reused' as const) },
      );
    await Promise.all([
      catalogue.atomically(updateLedger(catalogue, id, marked.slice(0, 20))),
      catalogue.atomically(updateLedger(catalogue, id, marked.slice(10))),
    ]);
    const late = entries.map(({ itemId }) => ({ itemId, state: 'failed' as const, code: 'late' }));
    await catalogue.atomically(updateLedger(catalogue, id, late.slice(0, 30)));
    expect(await ledgerCounts(catalogue, id)).toEqual({
      inputs: 61,
      states: { pending: 30, reused: 12, encoded: 15, skipped: 1, failed: 3 },
      reasons: [
        { state: 'failed', code: 'unreadable_image', count: 3 },
        { state: 'skipped', code: 'no_image', count: 1 },
      ],
    });
    const failures = await failuresOf(catalogue, id, undefined, 2);
    expect(failures.map(({ itemId, reason }) => [itemId, reason])).toEqual([
      ['i0', 'byte 0 💥'],
      ['i10', 'byte 10 💥'],
    ]);
    expect(await failuresOf(catalogue, id, 'i10', 9)).toHaveLength(2);
    const page = await listLedger(catalogue, id, { limit: 500, states: ['pending'] });
    expect(page).toHaveLength(30);
    const ofFirst = page.filter(({ batch }) => batch === 0);
    expect(ofFirst.map(({ itemId }) => itemId)).toContain('i39');
    expect(ofFirst).toHaveLength(10);
  });

  it('cut a reason off that is longer than its column', async () => {
    const { id } = await begin('reason');
    await catalogue.atomically(insertLedger(catalogue, id, 0, [{ itemId: 'a' }]));
    const [code, reason] = ['c'.repeat(99), '💥'.repeat(900)];
    await catalogue.atomically(
      updateLedger(catalogue, id, [{ itemId: 'a', state: 'failed', code, reason }]),
    );
    const [entry] = await failuresOf(catalogue, id, undefined, 1);
    expect(entry).toMatchObject({ code: 'c'.repeat(64), reason: '💥'.repeat(500) });
  });

  it('give a unit to the first batch that claims it', async () => {
    const { id } = await begin('units');
    const hashes = Array.from({ length: 300 }, (_, i) => String(i).padStart(3, '0'));
    const images = hashes.map((hash) => ({ kind: 'image' as const, hash }));
    const text = { kind: 'text' as const, hash: '000' };
    await catalogue.atomically(insertUnits(catalogue, id, 0, [...images.slice(0, 200), text]));
    await catalogue.atomically(insertUnits(catalogue, id, 1, [...images.slice(100), text]));
    const claimed = await findUnits(catalogue, id, { image: hashes, text: ['000'] });
    const second = [...claimed.image.values()].filter(({ batch }) => batch === 1);
    expect(second.map(({ hash }) => hash)).toEqual(hashes.slice(200));
    expect(claimed.text.get('000')).toMatchObject({ batch: 0, state: 'pending' });
    await catalogue.atomically([
      ...updateUnits(catalogue, id, [
        { ...text, state: 'done' },
        { ...images[0], state: 'failed', code: 'unreadable_image', reason: 'cut off' },
      ]),
      ...updateUnits(catalogue, id, [{ ...images[0], state: 'done' }]),
    ]);
    expect(await unitCounts(catalogue, id)).toEqual({
      image: { pending: 299, done: 0, failed: 1 },
      text: { pending: 0, done: 1, failed: 0 },
    });
    await catalogue.atomically([failUnits(catalogue, id, 0, 'batch_failed', 'gone')]);
    const found = await findUnits(catalogue, id, { image: ['000', '001', '299', 'nowhere'] });
    expect([...found.image.values()].map(({ batch, state, code }) => [batch, state, code])).toEqual(
      [
        [0, 'failed', 'unreadable_image'],
        [0, 'failed', 'batch_failed'],
        [1, 'pending', null],
      ],
    );
  });

  it('move a batch once, and count how often it was sent', async () => {
    const { id } = await begin('batches');
    const batches = [0, 1, 2, 1, 2, 3];
    await catalogue.atomically(batches.flatMap((batch) => insertBatch(catalogue, id, batch)));
    const move = (from: readonly BatchState[], to: BatchState, ...some: number[]) =>
      catalogue.atomically(updateBatches(catalogue, id, some, from, to));
    const sends = Array.from({ length: 5 }, () => move(['pending'], 'sent', 1));
    expect((await Promise.all(sends)).flat().filter((count) => count > 0)).toEqual([1]);
    expect(await move(['pending', 'sent'], 'sent', 1)).toEqual([1]);
    expect(await move(['pending', 'sent'], 'done', 2)).toEqual([1]);
    expect(await move(['pending', 'sent'], 'dead', 2)).toEqual([0]);
    const pending = await pendingBatches(catalogue, id, 9);
    expect(pending.map(({ batch }) => batch)).toEqual([0, 3]);
    expect(await listBatches(catalogue, id, ['sent'], 9)).toMatchObject([
      { batch: 1, attempts: 2 },
    ]);
    expect(await batchCounts(catalogue, id)).toMatchObject({
      pending: 2,
      sent: 1,
      done: 1,
      dead: 0,
    });
  });
});
