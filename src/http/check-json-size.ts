import { DiptychError } from '../errors.ts';
import { endOfString } from '../text/end-of-string.ts';

/** Levels of lists and objects. Whatever walks over a value is recursive, and the stack is small. */
const maxLevels = 200;

const [quote, comma] = [0x22, 0x2c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Refuse JSON of too many values or levels before it is parsed: 10 MB of short keys take seconds to
 * parse and to check, and this look at them takes milliseconds. It does not tell whether the text is
 * JSON.
 *
 * @param where - the name of the text in the error
 * @throws DiptychError payload_too_large
 */
export function checkJsonSize(text: string, where: string, maxValues: number): void {
  let [values, levels] = [1, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at + 1) - 1;
    else if (code === comma) values += 1;
    else if (code === openList || code === openObject) [values, levels] = [values + 1, levels + 1];
    else if (code === closeList || code === closeObject) levels -= 1;
    if (values > maxValues) throw tooMany(where, 'values', maxValues);
    if (levels > maxLevels) throw tooMany(where, 'levels', maxLevels);
  }
}

function tooMany(where: string, unit: 'values' | 'levels', most: number): DiptychError {
  const message = `${where}: expected JSON of at most ${most} ${unit}, got more`;
  return new DiptychError('payload_too_large', message, { [unit]: most });
}
