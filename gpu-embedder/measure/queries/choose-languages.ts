import { DiptychError } from '../../../src/errors.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { languagesOf } from './item-texts.ts';

/**
 * Choose among the languages in which at least one of the items has a name.
 *
 * @param asked - English by default
 * @throws DiptychError `invalid_option` for a language in which no item has a name
 */
export function chooseLanguages(
  dataset: PreparedDataset,
  items: readonly number[],
  asked: readonly string[] | 'all' = ['en'],
): readonly string[] {
  const known = languagesOf(dataset, items);
  if (asked === 'all') return known;
  const unknown = asked.filter((language) => !known.includes(language));
  if (unknown.length === 0) return [...new Set(asked)];
  const reason =
    known.length === 1
      ? 'all its texts count as English (en)'
      : `its languages: ${known.join(', ')}`;
  throw new DiptychError(
    'invalid_option',
    `--languages ${unknown.join(',')}: ${dataset.dir} has no names in this language; ${reason}`,
  );
}
