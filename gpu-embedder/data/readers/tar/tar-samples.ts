import type { Shard } from '../shards.ts';
import { tarMembers, type TarMember } from './tar-members.ts';

/** Members of a tar archive that share a name up to the first dot, and follow one another. */
export interface TarSample {
  readonly key: string;
  readonly members: readonly SampleMember[];
  /** How it lies to a sample before it in the shard that has the same key; absent for none. */
  readonly repeats?: 'in a row' | 'apart';
  /** The shard is damaged after these members, so some may be missing. */
  readonly isCut?: true;
}

export interface SampleMember extends TarMember {
  /** What follows the first dot, in lower case. */
  readonly extension: string;
}

/**
 * Read the samples of a webdataset shard. A sample ends where the key changes, and also where an
 * extension repeats: then the next sample has the same key.
 */
export async function* tarSamples(
  shard: Shard,
  wanted: (extension: string) => boolean,
  onProgress: (bytes: number) => void,
): AsyncGenerator<TarSample> {
  const isWanted = (path: string): boolean => wanted(splitName(path)?.extension ?? '');
  const keys = new Set<string>();
  let sample: (TarSample & { readonly members: SampleMember[] }) | undefined;
  let extensions = new Set<string>();
  try {
    for await (const member of tarMembers(shard, isWanted, onProgress)) {
      const name = splitName(member.path);
      if (name === undefined) continue;
      const { key, extension } = name;
      const isSameKey = sample?.key === key;
      if (sample === undefined || !isSameKey || extensions.has(extension)) {
        if (sample !== undefined) yield sample;
        const repeats = isSameKey ? 'in a row' : 'apart';
        sample = { key, members: [], ...(keys.has(key) && { repeats }) };
        extensions = new Set();
        keys.add(key);
      }
      extensions.add(extension);
      sample.members.push({ ...member, extension });
    }
  } catch (error) {
    if (sample !== undefined) yield { ...sample, isCut: true };
    throw error;
  }
  if (sample !== undefined) yield sample;
}

/** Split a path; undefined for files outside samples: hidden ones and ones without extension. */
function splitName(path: string): { key: string; extension: string } | undefined {
  const match = /^(?:\.?\/)*((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(path);
  return match === null ? undefined : { key: match[1], extension: match[2].toLowerCase() };
}
