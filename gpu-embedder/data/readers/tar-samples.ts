import type { Shard } from './shards.ts';
import { tarMembers, type TarMember } from './tar-members.ts';

/** The members of a tar archive that share a name up to the first dot. */
export interface TarSample {
  readonly key: string;
  readonly members: readonly (TarMember & { readonly extension: string })[];
}

/** Read the samples of a webdataset shard; the members of one sample are adjacent. */
export async function* tarSamples(
  shard: Shard,
  wanted: (extension: string) => boolean,
  onProgress: (bytes: number) => void,
): AsyncGenerator<TarSample> {
  const isWanted = (path: string): boolean => wanted(splitName(path)?.extension ?? '');
  let sample: { key: string; members: TarSample['members'][number][] } | undefined;
  for await (const member of tarMembers(shard, isWanted, onProgress)) {
    const name = splitName(member.path);
    if (name === undefined) continue;
    if (sample?.key !== name.key) {
      if (sample !== undefined) yield sample;
      sample = { key: name.key, members: [] };
    }
    sample.members.push({ ...member, extension: name.extension });
  }
  if (sample !== undefined) yield sample;
}

/** Split a path; undefined for files outside samples: hidden ones and ones without extension. */
function splitName(path: string): { key: string; extension: string } | undefined {
  const match = /^(?:\.\/)?((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(path);
  return match === null ? undefined : { key: match[1], extension: match[2].toLowerCase() };
}
