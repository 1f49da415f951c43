import { DiptychError } from '../../../src/errors.ts';
import { shorten } from '../../../src/text/shorten.ts';
import type { Shard } from './shards.ts';
import type { Skip, SourceItem } from './source.ts';

/** The code of what is left out because its shard is damaged. */
export const damagedShard = 'damaged_shard';

/**
 * Give what a shard holds. Damage of the shard stops the run, or with `skipDamaged` only the rest of
 * this shard is left out: what came before the damage was read right, and stays.
 *
 * @throws DiptychError unreadable_source - it names the flag
 */
export async function* readShard(
  shard: Shard,
  entries: AsyncIterable<SourceItem | Skip>,
  skipDamaged: boolean,
): AsyncGenerator<SourceItem | Skip> {
  let items = 0;
  try {
    for await (const entry of entries) {
      if (!('code' in entry)) items += 1;
      yield entry;
    }
  } catch (error) {
    const { message } = checkDamage(error, shard, skipDamaged);
    const reason = `${shorten(message, 300)}; images read before it: ${items}; the rest is left out`;
    yield { where: shard.name, reason, code: damagedShard };
  }
}

/**
 * Check that an error is damage of a shard, which the user wants to skip.
 *
 * @throws Error - any other error; with the name of the flag, where it is damage
 */
export function checkDamage(error: unknown, shard: Shard, skipDamaged: boolean): DiptychError {
  if (!isDamage(error, shard)) throw error;
  if (skipDamaged) return error;
  const message = `${error.message}. To go on without what is damaged, give --skip-damaged`;
  throw new DiptychError(error.code, message, error.details, { cause: error });
}

const isDamage = (error: unknown, { file }: Shard): error is DiptychError =>
  error instanceof DiptychError &&
  error.code === 'unreadable_source' &&
  error.details?.['file'] === file;
