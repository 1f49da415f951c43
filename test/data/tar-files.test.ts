import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { Pax } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareTar } from '../../gpu-embedder/data/prepare/prepare-shards.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { codesOf, pairsOf, picture, skipsOf } from './pictures.ts';
import { entry, tarBytes } from './write-tar.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-tars-'));
const at = (...names: string[]): string => join(root, ...names);
const zeros = (length: number): Buffer => Buffer.alloc(length);
const gzip = (...parts: Buffer[]): Buffer => zlib.gzipSync(Buffer.concat(parts));
const { zstdCompressSync: zstd } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer };
const imageSize = 8;
let first: Buffer;
let second: Buffer;

beforeAll(async () => {
  const [red, green] = await Promise.all([picture('red'), picture('green')]);
  first = tarBytes([
    ['a.png', red],
    ['a.txt', 'red'],
  ]);
  second = tarBytes([
    ['b.png', green],
    ['b.txt', 'green'],
  ]);
});
afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, ...parts: Buffer[]): string {
  writeFileSync(at(name), Buffer.concat(parts));
  return at(name);
}

describe('archives one after the other in a file', () => {
  it.each<[string, () => Buffer[]]>([
    ['as they are', () => [first, second]],
    ['with zeros between them', () => [first, zeros(8192), second, zeros(700)]],
    ['where the first has no end', () => [first.subarray(0, -1024), second]],
    ['compressed as one', () => [gzip(first, zeros(512), second)]],
    ['compressed one by one', () => [gzip(first), gzip(second)]],
    ['compressed, with zeros between them', () => [gzip(first), zeros(300_000), gzip(second)]],
  ])('are all read: %s', async (name, parts) => {
    const out = at(name);
    const result = await prepareTar({ shards: [write('s.tar', ...parts())], out, imageSize });
    expect(result).toMatchObject({ inputs: 2, prepared: 2 });
    expect(pairsOf(out)).toEqual(['red: red', 'green: green']);
  });

  it.each<[string, () => Buffer[], RegExp]>([
    ['other data', () => [first, Buffer.from('a note\n')], /after a\.txt: the data after the end of the archive is no archive/],
    ['other data, compressed', () => [gzip(first), zeros(9), Buffer.from('a note\n')], /data after its compressed part, at byte/],
    ['a compressed archive', () => [first, gzip(second)], /the data after the end of the archive is no archive/],
  ])('are not followed by %s', async (_, parts, message) => {
    const prepared = prepareTar({ shards: [write('s.tar', ...parts())], out: at('never') });
    await expect(prepared).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('a compressed shard', () => {
  it.each([
    ['bzip2', Buffer.from('BZh91AY&SY'), /compressed with bzip2: unpack it first/],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), /compressed with xz: unpack it first/],
    ['zip', Buffer.from('PK\x03\x04'), /compressed with zip: unpack it first/],
  ])('of %s is told by its content, not by its name', async (_, bytes, message) => {
    const shards = [write('s.tar', bytes, zeros(2000))];
    await expect(prepareTar({ shards, out: at('never') })).rejects.toThrow(message);
  });

  it.runIf(zstd)('of zstd is read', async () => {
    const options = { shards: [write('s.tar.zst', zstd!(first), zstd!(second))], out: at('zstd') };
    expect(await prepareTar(options)).toMatchObject({ prepared: 2 });
  });

  it.skipIf(zstd)('of zstd is refused where Node has none', async () => {
    const shards = [write('s.tar', Buffer.from('28b52ffd24000000', 'hex'))];
    const message = /compressed with zstd: unpack it first \(zstd -d\), or use Node 22\.15/;
    await expect(prepareTar({ shards, out: at('never') })).rejects.toThrow(message);
  });
});

it('reads names that are longer than a header', async () => {
  const red = await picture('red');
  const long = (folder: string, extension: string) => `${folder}/${'x'.repeat(150)}.${extension}`;
  const pax = (path: string) => new Pax({ path }).encode();
  const gnu = (path: string) =>
    entry({ path: '././@LongLink', type: 'NextFileHasLongPath' }, Buffer.from(`${path}\0`));
  const file = (content: Buffer) => entry({ path: 'cut-off', type: 'File' }, content);
  const out = at('long');
  const shard = write(
    'long.tar',
    entry({ path: 'folder.png/', type: 'Directory' }),
    ...[pax(long('pax', 'png')), file(red), pax(long('pax', 'txt')), file(Buffer.from('red'))],
    ...[gnu(long('gnu', 'png')), file(red), gnu(long('gnu', 'txt')), file(Buffer.from('red'))],
    zeros(1024),
  );
  expect(await prepareTar({ shards: [shard], out, imageSize })).toMatchObject({ inputs: 2 });
  const stem = 'x'.repeat(150);
  expect(openDataset(out).items.map(({ id }) => id)).toEqual([
    `long/pax/${stem}`,
    `long/gnu/${stem}`,
  ]);
});

describe('--skip-damaged', () => {
  /** The second sample of the shard is cut: its image is whole, its text is not. */
  const cut = () => [first.subarray(0, -1024), second.subarray(0, second.length - 1024 - 510)];

  it('is named where a shard is damaged', async () => {
    const shards = [write('cut.tar', ...cut()), write('whole.tar', first)];
    await expect(prepareTar({ shards, out: at('never') })).rejects.toThrow(
      /cut\.tar: after b\.png: Truncated.*--skip-damaged/,
    );
  });

  it.each([
    ['is empty', '', /got an empty file/],
    ['is text', '<!DOCTYPE html>', /expected a tar archive, got "<!DOCTYPE html>"/],
  ])('is named where a file %s', async (_, content, message) => {
    const shards = [write('none.tar', Buffer.from(content))];
    await expect(prepareTar({ shards, out: at('never') })).rejects.toThrow(message);
  });

  it('keeps what came before the damage, and counts the rest with its reason', async () => {
    const shards = [
      write('cut.tar', ...cut()),
      write('none.tar', Buffer.from('<html>')),
      write('whole.tar', first),
    ];
    const options = { shards, out: at('kept'), imageSize, skipDamaged: true };
    const result = await prepareTar(options);
    expect(result).toMatchObject({ inputs: 5, prepared: 2, skipped: { damaged_shard: 3 } });
    expect(openDataset(options.out).items.map(({ id }) => id)).toEqual(['cut/a', 'whole/a']);
    expect(codesOf(options.out)).toEqual([
      'cut.tar damaged_shard',
      'cut.tar:b.png damaged_shard',
      'none.tar damaged_shard',
    ]);
    const reasons = skipsOf(options.out).map(({ reason }) => reason);
    expect(reasons[1]).toMatch(/ends within b\.txt .*; images read before it: 1/);
    expect(reasons[2]).toMatch(/expected a tar archive, got "<html>"/);
    expect(await prepareTar(options)).toEqual({ ...result, unchanged: true });
    await expect(prepareTar({ ...options, skipDamaged: false })).rejects.toThrow(/Truncated/);
  });
});
