import { shorten } from '../../../src/text/shorten.ts';
import type { Skip, SourceItem } from './source.ts';

/** Give each id once: a later item with an id that is taken becomes a skip. */
export async function* uniqueIds(
  entries: AsyncIterable<SourceItem | Skip>,
): AsyncGenerator<SourceItem | Skip> {
  const ids = new Set<string>();
  for await (const entry of entries) {
    if ('code' in entry) yield entry;
    else if (ids.has(entry.id)) {
      const reason = `id ${shorten(entry.id)} is taken by an image before it`;
      yield { where: entry.where, reason, code: 'duplicate_id' };
    } else {
      ids.add(entry.id);
      yield entry;
    }
  }
}
