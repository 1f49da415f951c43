import { limits } from '../../../../src/limits.ts';
import { byteReader } from './byte-reader.ts';
import { shardBytes } from './shard-bytes.ts';
import { isFile, isLink, tarHeaders, type MemberHeader } from './tar-headers.ts';
import { unreadableShard, type Shard } from '../shards.ts';

/** A file or a link in a tar archive. */
export interface TarMember {
  readonly path: string;
  /** Absent if the member was not wanted, or cannot be used. */
  readonly bytes?: Uint8Array;
  /** Why the member cannot be used: "it is a link". */
  readonly problem?: string;
}

/**
 * Read the members of a tar archive one after the other, and of archives that follow it in the same
 * file. Directories and devices are left out.
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
  const input = byteReader(shardBytes(shard, onProgress));
  let last: string | undefined;
  const damaged = (problem: string): Error => {
    const place = last === undefined ? '' : `after ${last}: `;
    return unreadableShard(shard, `${place}${problem} (at byte ${input.position} of the archive)`);
  };
  try {
    for await (const header of tarHeaders(input, damaged)) {
      const { type, path, size } = header;
      const problem = problemOf(header);
      const isRead = problem === undefined && isFile(type) && wanted(path);
      const bytes = isRead ? await input.take(size) : undefined;
      const length = bytes?.length ?? (await input.skip(size));
      if (length < size) throw damaged(`Truncated: the file ends within ${path}`);
      last = path;
      if (isFile(type) || isLink(type)) yield { path, bytes, problem };
    }
  } finally {
    await input.close();
  }
}

function problemOf({ type, size }: MemberHeader): string | undefined {
  if (isLink(type)) {
    return 'it is a link: pack the files themselves (tar --dereference --hard-dereference)';
  }
  return size > limits.tarMemberBytes
    ? `it has more than ${limits.tarMemberBytes} bytes`
    : undefined;
}
