import { corpusPackages } from '../dataset/pictograms/corpus-packages.ts';
import { derivedPackage, emojiConceptId } from '../dataset/pictograms/emoji-lexicon.ts';

/** What CLDR says about an emoji in one language. */
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

/** Megabytes of JSON for each language, which are read once. */
const known = new Map<string, ReadonlyMap<string, CldrAnnotation>>();

/**
 * Read the annotations of emoji that have keywords.
 *
 * @param language - of CLDR: en, es, zh, …
 * @param sequences - families, people of a profession, flags, too, if the package that has them
 *   is installed, as preparing the whole corpus does
 * @returns by concept id
 * @throws DiptychError `unreadable_source` for a language that CLDR has not
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
