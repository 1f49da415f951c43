import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verification } from '../../../gpu-embedder/operate/verify/verify-collection.ts';
import { runDiptych } from '../../cli/run-diptych.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-verify-'));
const [pictures, store] = [join(root, 'pictures'), join(root, 'store')];
const count = 30;

const run = (...args: string[]) =>
  runDiptych(...args, '--collection', 'seen', '--work-dir', root, '--store', store);
const ingest = () => run('ingest', 'folder', pictures, '--json');

async function verify(...flags: string[]) {
  const { stdout, ...outcome } = await run('verify', ...flags, '--json');
  return { ...outcome, result: JSON.parse(stdout) as Verification & { repaired?: string[] } };
}

function packs(): string[] {
  const names = readdirSync(join(store, 'images'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.pack')).map((name) => join(store, 'images', name));
}

beforeAll(async () => {
  mkdirSync(pictures);
  for (let i = 0; i < count; i++) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g id="g${i}"/></svg>`;
    writeFileSync(join(pictures, `${i}.svg`), svg);
    writeFileSync(join(pictures, `${i}.txt`), `picture ${i}`);
  }
  expect(JSON.parse((await ingest()).stdout)).toMatchObject({ created: count });
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a flipped bit is found, repaired as far as can be, and the same pictures heal the rest', async () => {
  const [pack] = packs();
  const bytes = readFileSync(pack);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(pack, bytes);

  expect(await verify('--quick')).toMatchObject({ code: 0, result: { count: 0, bytes: 0 } });
  const found = await verify();
  expect(found).toMatchObject({ code: 1, result: { count: 1, bytes: bytes.length } });
  expect(found.stderr).toMatch(
    /: 1 differences\n {2}image_damaged: item \d+\.svg: expected SHA-256/,
  );

  const dry = await verify('--dry-run');
  expect(dry).toMatchObject({ code: 1, stderr: expect.stringContaining('would forget 1 images') });
  expect((await verify()).result.differences).toEqual(found.result.differences);

  const repaired = await verify('--repair');
  expect(repaired).toMatchObject({ code: 1, result: { count: 1, repaired: [expect.any(String)] } });
  const { where } = found.result.differences[0];
  expect(repaired.result.differences).toMatchObject([{ kind: 'image_missing', where }]);
  expect(await verify('--repair')).toMatchObject({ code: 1, result: { count: 1, repaired: [] } });

  expect(JSON.parse((await ingest()).stdout)).toMatchObject({ unchanged: count });
  expect(await verify()).toMatchObject({ code: 0, result: { items: count, count: 0 } });
});

test('every item of a lost pack is counted, though only some are printed', async () => {
  for (const pack of packs()) rmSync(pack);
  const { code, stderr, result } = await verify('--quick');
  expect([code, result.count, result.differences.length]).toEqual([1, count, count]);
  expect(stderr).toMatch(
    new RegExp(`${count} differences\n(  image_missing: .*\n){20}  and 10 more\n$`),
  );
  expect(JSON.parse((await ingest()).stdout)).toMatchObject({ unchanged: count });
  expect(await verify()).toMatchObject({ code: 0, result: { count: 0 } });
});
