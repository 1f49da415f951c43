import type { Concept, Item } from '../../../data/prepared/prepared.ts';
import type { Random } from '../../../common/random.ts';

/** A caption from a pool. Its parts show which other concepts it also describes. */
export interface Caption {
  readonly text: string;
  /** The pool entries that the text consists of. */
  readonly parts: readonly string[];
  /** What the text says, in English. */
  readonly meaning: readonly string[];
}

/** Collect all English and foreign names and keywords of a concept, lower-cased. */
export function captionPool(concept: Concept): Set<string> {
  const pool = new Set<string>();
  const put = (texts: readonly string[]) => texts.forEach((t) => pool.add(t.toLowerCase()));
  put(concept.names);
  put(concept.keywords);
  for (const { names, keywords } of Object.values(concept.languages)) {
    put(names);
    put(keywords);
  }
  return pool;
}

/** List the captions of an item: its own, or else the English names and keywords of its concept. */
export function singleCaptions(item: Item, { names, keywords }: Concept): readonly string[] {
  return item.captions.length > 0 ? item.captions : [...names, ...keywords];
}

/**
 * Draw one caption of a picture: its own, a name, keywords, or words in another language.
 *
 * @param englishShare - share of English captions, for a concept with names in other languages
 */
export function drawCaption(
  item: Item | null,
  concept: Concept,
  englishShare: number,
  random: Random,
): Caption {
  const { names } = concept;
  const own = item ? item.captions : [];
  if (own.length > 0 && (names.length === 0 || random.uniform() < 0.5)) {
    return single(random.pick(own));
  }
  const languages = Object.keys(concept.languages);
  if (languages.length > 0 && random.uniform() >= englishShare) {
    return { ...drawWords(concept.languages[random.pick(languages)], random), meaning: names };
  }
  return drawWords(concept, random);
}

/** Draw a name, a keyword, a name with a keyword, or several keywords. */
function drawWords(
  { names, keywords }: Pick<Concept, 'names' | 'keywords'>,
  random: Random,
): Caption {
  const name = (): string => (random.uniform() < 0.6 ? names[0] : random.pick(names));
  const keyword = (): string => random.pick(keywords);
  const u = random.uniform();
  if (keywords.length === 0 || (names.length > 0 && u < 0.4)) return single(name());
  if (u < 0.75) return single(keyword());
  if (names.length > 0 && u < 0.85) return joined([name(), keyword()]);
  return joined([keyword(), keyword(), keyword()].slice(random.integer(2)));
}

const single = (text: string): Caption => joined([text]);
function joined(texts: readonly string[]): Caption {
  const distinct = [...new Set(texts)];
  return {
    text: distinct.join(' '),
    parts: distinct.map((t) => t.toLowerCase()),
    meaning: distinct,
  };
}

const templates = ['a X', 'the X', 'my X', 'X icon', 'X emoji', 'icon of X', 'emoji of X', 'i want X', 'something X',
  'picture of X', 'an X', 'X symbol', 'some X', 'with X', 'X please', 'a sign for X']; // prettier-ignore

/** Write a caption as people type it: sometimes inside a phrase, sometimes with one typing error. */
export function asTyped(text: string, random: Random): string {
  const phrase = random.uniform() < 0.1 ? random.pick(templates).replace('X', () => text) : text;
  return random.uniform() < 0.35 ? withTypo(phrase, random) : phrase;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Make one deletion, swap, insertion or replacement inside a word of at least four letters. */
export function withTypo(text: string, random: Random): string {
  const words = text.split(' ');
  const long = words.flatMap((word, i) => (/^[a-z\u00c0-\u04ff]{4,}$/i.test(word) ? [i] : []));
  if (long.length === 0) return text;
  const at = random.pick(long);
  const word = words[at];
  const p = random.integer(word.length);
  const letter = letters[random.integer(26)];
  words[at] = [
    word.slice(0, p) + word.slice(p + 1),
    word.slice(0, p) +
      word
        .slice(p, p + 2)
        .split('')
        .reverse()
        .join('') +
      word.slice(p + 2),
    word.slice(0, p) + letter + word.slice(p),
    word.slice(0, p) + letter + word.slice(p + 1),
  ][random.integer(4)];
  return words.join(' ');
}
