import type { Concept } from '../prepared/prepared.ts';
import type { CorpusPackages } from './corpus-packages.ts';
import { squash } from './squash.ts';

/** Languages of the caption pools besides English. */
export const languages: readonly string[] =
  'es fr de pt it nl pl ru uk tr ar hi ja ko zh vi id'.split(' ');

/** Names and keywords of emoji, pooled from the packages. */
export interface EmojiLexicon {
  /** Concepts by id (hexcode in lower case without fe0f). */
  readonly concepts: ReadonlyMap<string, Concept>;
  /** Concept id of the emoji that has exactly this squashed name. */
  readonly byName: ReadonlyMap<string, string>;
}

interface EmojibaseEntry {
  readonly label: string;
  readonly hexcode: string;
  readonly emoji: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly subgroup?: number;
}
interface CldrEntry {
  readonly default?: readonly string[];
  readonly tts?: readonly string[];
}
type Words = { readonly names: readonly string[]; readonly keywords: readonly string[] };

const emojibase = 'emojibase-data';
const cldr = 'cldr-annotations-full';

/** Packages that the lexicon is read from. */
export const lexiconPackages: readonly string[] = [emojibase, 'emojilib', cldr];

/** Package with flags, keycaps and sequences in all languages; npm ci does not install it. */
export const derivedPackage = 'cldr-annotations-derived-full';

/** Languages that emojibase has. */
const emojibaseLanguages = new Set('es fr de pt it nl pl ru uk hi ja ko zh vi'.split(' '));

const shortcodeSources = ['cldr', 'emojibase', 'emojibase-legacy', 'github', 'iamcal', 'joypixels'];

/** Names with another meaning for emoji (animal, person bowing) than for icons. */
const homonyms = new Set(['mouse', 'bow']);

const countryFlags = 98;

/** Turn a Unicode hexcode into a concept id. */
export function emojiConceptId(hexcode: string): string {
  return hexcode
    .toLowerCase()
    .split(/[-_ ]/)
    .filter((code) => code !== 'fe0f')
    .join('-');
}

/**
 * Pool the names and keywords of every emoji from CLDR, emojibase and emojilib.
 *
 * @param derived - also read {@link derivedPackage}
 */
export function readEmojiLexicon(packages: CorpusPackages, derived: boolean): EmojiLexicon {
  const entries = packages.json<EmojibaseEntry[]>(emojibase, 'en/data.json');
  const groups = packages.json<{
    groups: Record<string, string>;
    subgroups: Record<string, string>;
  }>(emojibase, 'meta/groups.json');
  const unicodeNames = packages.json<Record<string, string>>(emojibase, 'meta/unicode-names.json');
  const emojilib = packages.json<Record<string, readonly string[]>>(
    'emojilib',
    'dist/emoji-en-US.json',
  );
  const shortcodes = shortcodeSources.map((source) =>
    packages.json<Record<string, string | readonly string[]>>(
      emojibase,
      `en/shortcodes/${source}.json`,
    ),
  );
  const english = readCldr(packages, 'en', derived);
  const others = languages.map((language) => ({
    language,
    words: readWords(packages, language, derived),
  }));

  const concepts = new Map<string, Concept>();
  const candidates: (readonly string[])[] = [];
  for (const entry of entries) {
    const id = emojiConceptId(entry.hexcode);
    const annotation = english.get(bare(entry.emoji));
    const [libName, ...libKeywords] = emojilib[entry.emoji] ?? [];
    const codes = shortcodes.flatMap((source) => source[entry.hexcode] ?? []);
    // Nobody would search for a flag by its country code, such as "es".
    const named = entry.subgroup === countryFlags ? codes.filter((code) => code.length > 3) : codes;
    const names = [entry.label, ...(annotation?.tts ?? []), libName ?? '', ...named];
    const keywords = [...(annotation?.default ?? []), ...(entry.tags ?? []), ...libKeywords];
    const found = others.map(({ language, words }) => [language, words(entry)] as const);
    concepts.set(id, {
      id,
      ...toWords(names, keywords, 'en'),
      languages: Object.fromEntries(
        found.filter(([, words]) => words.names.length + words.keywords.length > 0),
      ),
      ...(entry.group === undefined ? {} : { group: groups.groups[entry.group] }),
      ...(entry.subgroup === undefined ? {} : { subgroup: groups.subgroups[entry.subgroup] }),
    });
    const unicodeName = unicodeNames[entry.hexcode] ?? unicodeNames[id.toUpperCase()] ?? '';
    candidates.push([entry.label, unicodeName, ...names.slice(1)]);
  }
  return { concepts, byName: joinByName([...concepts.keys()], candidates) };
}

/** Map squashed names to emoji; where two emoji claim a name, the more official claim wins. */
function joinByName(
  ids: readonly string[],
  candidates: readonly (readonly string[])[],
): ReadonlyMap<string, string> {
  const byName = new Map<string, string>();
  const most = Math.max(...candidates.map((names) => names.length));
  for (let rank = 0; rank < most; rank++) {
    candidates.forEach((names, i) => {
      const name = squash(names[rank] ?? '');
      if (name.length > 1 && !homonyms.has(name) && !byName.has(name)) byName.set(name, ids[i]);
    });
  }
  return byName;
}

/** Read what CLDR and emojibase say in one language, as a lookup by emoji. */
function readWords(
  packages: CorpusPackages,
  language: string,
  derived: boolean,
): (entry: EmojibaseEntry) => Words {
  const annotations = readCldr(packages, language, derived);
  const entries = emojibaseLanguages.has(language)
    ? packages.json<EmojibaseEntry[]>(emojibase, `${language}/data.json`)
    : [];
  const byHexcode = new Map(entries.map((entry) => [entry.hexcode, entry]));
  return ({ emoji, hexcode }) => {
    const annotation = annotations.get(bare(emoji));
    const entry = byHexcode.get(hexcode);
    const names = [...(annotation?.tts ?? []), ...(entry === undefined ? [] : [entry.label])];
    const keywords = [...(annotation?.default ?? []), ...(entry?.tags ?? [])];
    return toWords(names, keywords, language);
  };
}

/** Read CLDR's annotations of one language by emoji (without variation selectors). */
function readCldr(
  packages: CorpusPackages,
  language: string,
  withDerived: boolean,
): ReadonlyMap<string, CldrEntry> {
  type Entries = { readonly annotations: Readonly<Record<string, CldrEntry>> };
  const file = `${language}/annotations.json`;
  const direct = packages.json<{ annotations: Entries }>(cldr, `annotations/${file}`);
  const derived = withDerived
    ? packages.json<{ annotationsDerived: Entries }>(derivedPackage, `annotationsDerived/${file}`)
    : undefined;
  return new Map(
    [
      ...Object.entries(derived?.annotationsDerived.annotations ?? {}),
      ...Object.entries(direct.annotations.annotations),
    ].map(([emoji, entry]) => [bare(emoji), entry]),
  );
}

function toWords(names: readonly string[], keywords: readonly string[], language: string): Words {
  const clean = (words: readonly string[]): Set<string> =>
    new Set(
      words
        .map((word) => word.replaceAll('_', ' ').trim().toLocaleLowerCase(language))
        .filter((word) => word !== ''),
    );
  const distinctNames = clean(names);
  return {
    names: [...distinctNames],
    keywords: [...clean(keywords)].filter((word) => !distinctNames.has(word)),
  };
}

/** Drop variation selectors, which some sources write and others leave out. */
function bare(emoji: string): string {
  return emoji.replaceAll('\ufe0f', '');
}
