import type { Concept } from '../prepared/prepared.ts';
import type { ChosenIcon } from './choose-icons.ts';
import type { CorpusSet } from './corpus-sets.ts';
import { emojiConceptId, type EmojiLexicon } from './emoji-lexicon.ts';
import type { IconTags } from './icon-tags.ts';
import { squash } from './squash.ts';

/** Title, tags and concept of a pictogram. */
export interface PictogramMeaning {
  readonly title: string;
  readonly concept: string;
  readonly tags: readonly string[];
}

/** Assigns concepts to pictograms and collects the caption pools of the assigned concepts. */
export interface PictogramConcepts {
  /** @param hexcode - the Unicode emoji that the icon is known to show, if any */
  meaningOf(set: CorpusSet, icon: ChosenIcon, hexcode: string | undefined): PictogramMeaning;
  concepts(): readonly Concept[];
}

const flagSets: readonly string[] = ['flag', 'circle-flags'];
const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/**
 * Join pictograms to concepts: an emoji by its code, an icon by its exact squashed name. An icon
 * joins the emoji of that name or, without one, the other icons of that name.
 */
export function pictogramConcepts(lexicon: EmojiLexicon, tags: IconTags): PictogramConcepts {
  const used = new Map<string, Concept>();
  const iconNames = new Map<string, Set<string>>();

  function emojiMeaning(
    id: string,
    title: string | undefined,
    pool: readonly string[],
  ): PictogramMeaning {
    const concept = lexicon.concepts.get(id)!;
    used.set(id, concept);
    const known = new Set([...concept.names, ...concept.keywords]);
    return {
      title: title ?? concept.names[0],
      concept: id,
      tags: pool.filter((tag) => !known.has(tag)),
    };
  }

  return {
    meaningOf(set, { stem }, hexcode) {
      const isFlag = flagSets.includes(set.set);
      const code = hexcode ?? (isFlag ? flagHexcode(stem) : undefined);
      if (code !== undefined && lexicon.concepts.has(emojiConceptId(code))) {
        return emojiMeaning(emojiConceptId(code), undefined, []);
      }
      const title = isFlag
        ? flagName(stem, (id) => lexicon.concepts.has(id))
        : stem.replace(/[-_]+/g, ' ').trim();
      const key = squash(title);
      const pool = (tags.own.get(set.set) ?? tags.pooled).get(key) ?? [];
      const emoji = lexicon.byName.get(key);
      if (emoji !== undefined) return emojiMeaning(emoji, title, pool);
      const names = iconNames.get(key) ?? new Set();
      iconNames.set(key, names.add(title));
      const known = new Set([...names, ...(tags.pooled.get(key) ?? [])]);
      return { title, concept: `icon:${key}`, tags: pool.filter((tag) => !known.has(tag)) };
    },
    concepts: () => [
      ...used.values(),
      ...[...iconNames].map(([key, names]) => ({
        id: `icon:${key}`,
        names: [...names],
        keywords: (tags.pooled.get(key) ?? []).filter((tag) => !names.has(tag)),
        languages: {},
      })),
    ],
  };
}

/** Spell the emoji of a flag: regional indicators for a country, tags for a part of Britain. */
function flagHexcode(stem: string): string | undefined {
  const spell = (letters: string, base: number): string =>
    [...letters].map((letter) => (letter.charCodeAt(0) + base).toString(16)).join('-');
  if (/^[a-z]{2}$/.test(stem)) return spell(stem, 0x1f1e6 - 0x61);
  if (/^gb-(eng|sct|wls)$/.test(stem)) {
    return `1f3f4-${spell(stem.replace('-', ''), 0xe0000)}-e007f`;
  }
  return undefined;
}

/**
 * Name a flag in words. Only regions with an emoji count: for a dissolved country, Intl gives the
 * name of its successor.
 */
function flagName(stem: string, isEmoji: (id: string) => boolean): string {
  const [, language] = /^lang-([a-z]{2,3})$/.exec(stem) ?? [];
  const [, region, part] = /^([a-z]{2})(?:-(.+))?$/.exec(stem) ?? [];
  if (language !== undefined)
    return `flag ${(languageNames.of(language) ?? language).toLowerCase()}`;
  const code = region === undefined ? undefined : flagHexcode(region);
  const country =
    code === undefined || !isEmoji(code) ? undefined : regionNames.of(region.toUpperCase());
  if (country === undefined) return `flag ${stem.replaceAll('-', ' ')}`;
  return `flag ${[country.toLowerCase(), ...(part?.split('-') ?? [])].join(' ')}`;
}
