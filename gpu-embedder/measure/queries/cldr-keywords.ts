import { corpusPackages } from '../../data/pictograms/corpus-packages.ts';
import { derivedPackage, emojiConceptId } from '../../data/pictograms/emoji-lexicon.ts';

/** Keywords and name that CLDR gives an emoji in one language. */
export interface CldrAnnotation {
  readonly keywords: readonly string[];
  /** Name for a screen reader; a keyword may repeat it. */
  readonly name?: string;
}

type Entries = Readonly<
  Record<string, { readonly default?: readonly string[]; readonly tts?: readonly string[] }>
>;

const annotationsPackage = 'cldr-annotations-full';
const corpusDir = '.diptych/corpus';

/** Cache by language, because each language has megabytes of JSON. */
const known = new Map<string, ReadonlyMap<string, CldrAnnotation>>();

/**
 * Read the annotations of emoji that have keywords.
 *
 * @param language - a language of CLDR: en, es, zh, …
 * @param sequences - also read families, professions and flags if their package is installed;
 *   preparing the whole corpus installs it
 * @returns by concept id
 * @throws DiptychError `unreadable_source` for a language that CLDR lacks
 */
export function readCldrKeywords(
  language: string,
  { sequences = false }: { readonly sequences?: boolean } = {},
): ReadonlyMap<string, CldrAnnotation> {
  const key = `${language} ${sequences}`;
  const annotations = known.get(key) ?? readAnnotations(language, sequences);
  known.set(key, annotations);
  return annotations;
}

function readAnnotations(
  language: string,
  sequences: boolean,
): ReadonlyMap<string, CldrAnnotation> {
  const packages = corpusPackages(corpusDir);
  const file = `${language}/annotations.json`;
  const { annotations } = packages.json<{ annotations: { annotations: Entries } }>(
    annotationsPackage,
    `annotations/${file}`,
  );
  const derived =
    sequences && packages.has(derivedPackage)
      ? packages.json<{ annotationsDerived: { annotations: Entries } }>(
          derivedPackage,
          `annotationsDerived/${file}`,
        ).annotationsDerived.annotations
      : {};
  return new Map(
    Object.entries({ ...derived, ...annotations.annotations }).flatMap(([emoji, entry]) => {
      const codes = [...emoji].map((character) => character.codePointAt(0)!.toString(16));
      const { default: keywords = [], tts: [name] = [] } = entry;
      return keywords.length === 0 ? [] : [[emojiConceptId(codes.join('-')), { keywords, name }]];
    }),
  );
}
