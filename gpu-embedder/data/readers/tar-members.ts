import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { limits } from '../../../src/limits.ts';
import { unreadableShard, type Shard } from './shards.ts';

/** A file in a tar archive. */
export interface TarMember {
  readonly path: string;
  /** Absent if the member was not wanted, is not a file, or is too large. */
  readonly bytes?: Uint8Array;
}

/**
 * Read the members of a tar archive one after the other. The archive may be compressed with gzip.
 *
 * @param wanted - chooses the members whose bytes are read
 * @param onProgress - called with the number of bytes of the file that are read
 * @throws DiptychError unreadable_source - the file is not an archive, is damaged or truncated
 */
export async function* tarMembers(
  shard: Shard,
  wanted: (path: string) => boolean,
  onProgress: (bytes: number) => void,
): AsyncGenerator<TarMember> {
  const ready: TarMember[] = [];
  let problem: string | undefined;
  let last: string | undefined;
  const fail = (message: string | Error): void => {
    problem ??= `${last === undefined ? 'expected a tar archive' : `after ${last}`}: ${String(message)}`;
  };
  let ended = false;
  const parser = new Parser({
    filter: (path, entry) => {
      const isRead =
        wanted(path) && isFile(entry as ReadEntry) && entry.size <= limits.tarMemberBytes;
      if (!isRead) ready.push({ path });
      return isRead;
    },
    onReadEntry: (entry) => {
      const chunks: Uint8Array[] = [];
      entry.on('data', (chunk) => chunks.push(chunk));
      entry.on('end', () => {
        last = entry.path;
        ready.push({ path: entry.path, bytes: Buffer.concat(chunks) });
      });
    },
    onwarn: (_, message) => fail(message),
  });
  parser.on('error', ({ message }: Error) => fail(message));
  parser.on('eof', () => (ended = true));

  let read = 0;
  const check = (place: string): void => {
    if (problem !== undefined) throw unreadableShard(shard, `${problem} (${place})`);
  };
  for await (const chunk of readChunks(shard)) {
    parser.write(chunk);
    check(`between bytes ${read} and ${read + chunk.length}`);
    read += chunk.length;
    onProgress(read);
    yield* ready.splice(0);
    if (ended) return;
  }
  parser.end();
  if (!ended) {
    fail('it is cut short, the end of the archive is missing');
    check(`at byte ${read}`);
  }
  yield* ready;
}

async function* readChunks(shard: Shard): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(shard.file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadableShard(shard, (error as Error).message, error);
  }
}

const isFile = ({ type }: ReadEntry): boolean =>
  type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
