import { expect, it } from 'vitest';
import { estimateCost, listPrices, type WorkDone } from '../../src/jobs/report/cost-estimate.ts';
import { readPrice } from '../../src/jobs/report/cost-settings.ts';

const work: WorkDone = {
  ...{ inputs: 100_000, batches: 391, encoded: 20_000, versionBytes: 5e8, embedDim: 256 },
  timings: { planning: 60, encoding: 3000, building: 500, comparing: 100, publishing: 5 },
};

it('adds up, and leaves embedders out of the sum where their price is not known', () => {
  const { lines, embedder, total } = estimateCost(work);
  expect(embedder).toEqual({ hours: 1, dollars: null });
  expect(total).toBeCloseTo(lines.reduce((sum, { dollars }) => sum + dollars, 0));
  const priced = estimateCost(work, { embedderPricePerHour: 1.5, embedders: 4 });
  expect(priced.embedder).toEqual({ hours: 4, dollars: 6 });
  expect(priced.total).toBeCloseTo(total + 6);
});

it('counts what was added to the storage: the version, and 4 bytes a number of new embeddings', () => {
  const gigabytes = 0.5 + (20_000 * 256 * 4) / 1e9;
  expect(estimateCost(work).monthly).toEqual({
    gigabytes: expect.closeTo(gigabytes) as number,
    dollars: expect.closeTo(gigabytes * listPrices.storedGigabytes) as number,
  });
});

it('costs less where nothing has to be encoded, and nothing but objects where there is nothing', () => {
  expect(estimateCost({ ...work, encoded: 0 }).total).toBeLessThan(estimateCost(work).total);
  const nothing = { inputs: 0, batches: 0, encoded: 0, versionBytes: 0, embedDim: null };
  const { lines } = estimateCost({ ...nothing, timings: {} });
  expect(lines.filter(({ what }) => what.includes('rows')).map(({ count }) => count)).toEqual([
    0, 0,
  ]);
});

it.each([
  ['1.25', 1.25],
  ['0', 0],
  ['', null],
  ['-1', null],
  ['cheap', null],
  [undefined, null],
])('reads %j as a price of %j', (text, price) => {
  expect(readPrice(text)).toBe(price);
});
