import { hasDotPart } from '../../../src/catalogue/limits.ts';
import { halfPair, isWellFormed } from '../../../src/text/well-formed.ts';
import type { Skip, SourceItem } from './source.ts';

/**
 * Skip an item whose id or texts are not well-formed, because no file and no database could keep them,
 * or whose id no address can hold.
 */
export function checkItem(item: SourceItem): SourceItem | Skip {
  const { where, id, label, title, set, captions, tags } = item;
  if (!isWellFormed(id)) return { where, reason: `its id has ${halfPair}`, code: 'bad_id' };
  if (hasDotPart(id)) {
    const reason = `id ${id} has a part "." or "..", which no address can have`;
    return { where, reason, code: 'bad_id' };
  }
  const texts = Object.entries({ caption: captions, tag: tags, label, title, set });
  const wrong = texts.find(([, text]) => text !== undefined && ![text].flat().every(isWellFormed));
  if (wrong === undefined) return item;
  return { where, reason: `a ${wrong[0]} has ${halfPair}`, code: 'bad_text' };
}
