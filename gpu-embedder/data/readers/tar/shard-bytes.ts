import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { DiptychError } from '../../../../src/errors.ts';
import { unreadableShard, type Shard } from '../shards.ts';

/** How a format begins, and what to do with a file of it where it is not read. */
const formats = [
  { name: 'gzip', magic: '1f8b' },
  { name: 'zstd', magic: '28b52ffd', advice: 'unpack it first (zstd -d), or use Node 22.15' },
  { name: 'bzip2', magic: '425a68', advice: 'unpack it first (bunzip2)' },
  { name: 'xz', magic: 'fd377a585a00', advice: 'unpack it first (unxz)' },
  { name: 'lzip', magic: '4c5a4950', advice: 'unpack it first (lzip -d)' },
  { name: 'lz4', magic: '04224d18', advice: 'unpack it first (lz4 -d)' },
  { name: 'compress', magic: '1f9d', advice: 'unpack it first (uncompress)' },
  { name: 'zip', magic: '504b0304', advice: 'unpack it first (unzip), then name its files' },
  { name: '7z', magic: '377abcaf271c', advice: 'unpack it first (7z x), then name its files' },
] as const;

const longestMagic = 6;
const readBytes = 1 << 18;

/**
 * Read a shard that may be compressed: with gzip, also in several parts one after the other, or with
 * zstd where Node has it. The beginning of the file tells, not its name.
 *
 * @param onProgress - called with the number of bytes of the file that are read
 * @throws DiptychError unreadable_source
 */
export async function* shardBytes(
  shard: Shard,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  try {
    for (let start = 0; start < shard.size;) {
      const format = await formatAt(shard, start);
      if (format === undefined && start > 0) {
        throw unreadableShard(shard, `data after its compressed part, at byte ${start}`);
      }
      const unpacker = format && unpackerOf(shard, format);
      const packed = readFrom(shard, start, onProgress);
      if (unpacker === undefined) return yield* packed;
      yield* unpack(packed, unpacker);
      start = await skipZeros(shard, start + unpacker.bytesWritten);
    }
  } catch (error) {
    if (error instanceof DiptychError) throw error;
    throw unreadableShard(shard, (error as Error).message, error);
  }
}

type Format = (typeof formats)[number];
type Unpacker = Transform & { readonly bytesWritten: number };

function unpackerOf(shard: Shard, format: Format): Unpacker {
  if (format.name === 'gzip') return zlib.createGunzip();
  // Node 20 has no zstd.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Unpacker };
  if (format.name === 'zstd' && createZstdDecompress) return createZstdDecompress();
  throw unreadableShard(shard, `compressed with ${format.name}: ${format.advice}`);
}

/** Unpack to the end of the packed data, which may come before the end of the file. */
async function* unpack(packed: AsyncIterable<Buffer>, unpacker: Unpacker): AsyncGenerator<Buffer> {
  try {
    // A failure destroys the unpacker, and so the loop over it throws it.
    yield* pipeline(packed, unpacker, () => {}) as AsyncIterable<Buffer>;
  } finally {
    unpacker.destroy();
  }
}

async function* readFrom(
  { file }: Shard,
  start: number,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const chunks = createReadStream(file, { start, highWaterMark: readBytes });
  let read = start;
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    yield chunk;
    read += chunk.length;
    onProgress(read);
  }
}

async function formatAt({ file }: Shard, start: number): Promise<Format | undefined> {
  const opened = await open(file);
  try {
    const { buffer, bytesRead } = await opened.read(
      Buffer.alloc(longestMagic),
      0,
      longestMagic,
      start,
    );
    const beginning = buffer.toString('hex', 0, bytesRead);
    return formats.find(({ magic }) => beginning.startsWith(magic));
  } finally {
    await opened.close();
  }
}

/** Find the first byte that is not zero: parts are padded with zeros to whole blocks. */
async function skipZeros(shard: Shard, start: number): Promise<number> {
  let at = start;
  for await (const chunk of readFrom(shard, start, () => {})) {
    const place = chunk.findIndex((byte) => byte !== 0);
    if (place >= 0) return at + place;
    at += chunk.length;
  }
  return at;
}
