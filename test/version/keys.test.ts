import { expect, test } from 'vitest';
import {
  activeKey,
  buildPageKey,
  collectionOf,
  collectionPrefix,
  completes,
  deletedKey,
  embeddingPackKey,
  embeddingPackOf,
  imagePackKey,
  imagePackOf,
  isItemsKey,
  isReportKey,
  jobOf,
  jobPageKind,
  jobPointerKey,
  labelSetKey,
  modelKey,
  modelOf,
  planBatchKey,
  reportKey,
  reportPageKey,
  uploadKey,
  versionKey,
  versionOf,
} from '../../src/version/keys.ts';

const version = '20260102-0123456789ab';
const pack = 'a1'.repeat(32);

/** Stores hold objects under these keys: to change one loses them. */
test('keys stay as they are', () => {
  expect([
    activeKey('photos'),
    deletedKey('photos'),
    versionKey('photos', version, 'manifest.json'),
    imagePackKey(pack),
    embeddingPackKey('beef', pack),
    uploadKey('01J'),
    jobPointerKey('01K'),
    planBatchKey('01K', 2),
    buildPageKey('01K', 0),
    reportKey('01K'),
    reportPageKey('01K'),
    labelSetKey('animals'),
  ]).toEqual([
    'collections/photos/active.json',
    'collections/photos/deleted.json',
    `collections/photos/${version}/manifest.json`,
    `images/a1/${pack}.pack`,
    `embeddings/beef/${pack}.f32`,
    'uploads/01J',
    'jobs/01K/pointer.json',
    'jobs/01K/batch-2.json',
    'jobs/01K/build-0.json',
    'jobs/01K/report.json',
    'jobs/01K/report.html',
    'label-sets/animals.json',
  ]);
  expect(modelKey('beef', 'model.json')).toMatch(/^models\/beef\/v\d+\/model\.json$/);
});

test('what a key is of can be read from it', () => {
  const items = versionKey('photos', version, 'items.table');
  expect(collectionOf(items)).toBe('photos');
  expect(collectionOf(collectionPrefix('photos'))).toBe('photos');
  expect(versionOf(items)).toBe(version);
  expect(versionOf(versionKey('photos', version, 'shards/1/image.bin'))).toBe(version);
  expect(modelOf(modelKey('beef', 'text.bin'))).toBe('beef');
  expect(imagePackOf(imagePackKey(pack))).toBe(pack);
  expect(embeddingPackOf(embeddingPackKey('beef', pack))).toEqual({ model: 'beef', pack });
  expect(jobOf(buildPageKey('01K', 0))).toBe('01K');
  expect([planBatchKey('01K', 2), buildPageKey('01K', 0)].map(jobPageKind)).toEqual([
    'batch',
    'build',
  ]);
  expect([reportKey('01K'), reportPageKey('01K')].map(isReportKey)).toEqual([true, true]);
  expect(isItemsKey(items)).toBe(true);
});

test('a key of another kind is taken for none', () => {
  const others = [activeKey('photos'), deletedKey('photos'), 'collections/photos/notes/a.json'];
  expect(others.map(versionOf)).toEqual([null, null, null]);
  expect(imagePackOf('images/a1/readme.txt')).toBeNull();
  expect(embeddingPackOf(imagePackKey(pack))).toBeNull();
  expect([jobPointerKey('01K'), reportKey('01K')].map(jobPageKind)).toEqual([null, null]);
  expect(isReportKey(planBatchKey('01K', 0))).toBe(false);
  expect(isItemsKey(activeKey('photos'))).toBe(false);
});

test('what completes a version or a model is told from the rest', () => {
  const manifest = versionKey('photos', version, 'manifest.json');
  expect([manifest, modelKey('beef', 'model.json')].map(completes)).toEqual([true, true]);
  expect([activeKey('photos'), modelKey('beef', 'text.bin')].map(completes)).toEqual([
    false,
    false,
  ]);
});
