import { shorten } from '../../../src/text/shorten.ts';
import { checkItem } from './check-item.ts';
import type { Skip, Source, SourceItem } from './source.ts';

/** The longest place and reason of a skip: both may quote what the source holds. */
const longest = 500;

/**
 * Read a source as every command does: the first item of an id counts, and a later one becomes a
 * skip.
 */
export async function* sourceEntries(
  source: Source,
  onProgress: (done: number) => void,
): AsyncGenerator<SourceItem | Skip> {
  const ids = new Set<string>();
  for await (const read of source.entries(onProgress)) {
    const entry = 'code' in read ? read : checkItem(read);
    if ('code' in entry) yield shortSkip(entry);
    else if (ids.has(entry.id)) {
      const reason = `id ${shorten(entry.id)} is taken by an image before it`;
      yield shortSkip({ where: entry.where, reason, code: 'duplicate_id' });
    } else {
      ids.add(entry.id);
      yield entry;
    }
  }
}

const shortSkip = ({ where, reason, code }: Skip): Skip => ({
  where: shorten(where, longest),
  reason: shorten(reason, longest),
  code,
});
