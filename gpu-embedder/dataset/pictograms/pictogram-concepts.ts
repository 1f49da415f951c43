import type { Concept } from '../prepared.ts';
import type { ChosenIcon } from './choose-icons.ts';
import type { CorpusSet } from './corpus-sets.ts';
import { emojiConceptId, type EmojiLexicon } from './emoji-lexicon.ts';
import type { IconTags } from './icon-tags.ts';
import { squash } from './squash.ts';

/** What a pictogram is called and what it shows. */
export interface PictogramMeaning {
  readonly title: string;
  readonly concept: string;
  readonly tags: readonly string[];
}

/** Give pictograms their concepts, and collect the pools of those that were given. */
export interface PictogramConcepts {
  /** @param hexcode - of an icon that is known to show a Unicode emoji */
  meaningOf(set: CorpusSet, icon: ChosenIcon, hexcode: string | undefined): PictogramMeaning;
  concepts(): readonly Concept[];
}

const flagSets: readonly string[] = ['flag', 'circle-flags'];
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
const tongues = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/**
 * Join pictograms to concepts: an emoji by its code, an icon by its exact squashed name, first
 * with emoji, then with icons of the same name.
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

/** Spell the emoji of a flag: regional indicators of a country, tags of a part of Britain. */
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
 * Name a flag in words. A region counts only if it has an emoji: Intl renames dissolved countries
 * to what came after them.
 */
function flagName(stem: string, isEmoji: (id: string) => boolean): string {
  const [, language] = /^lang-([a-z]{2,3})$/.exec(stem) ?? [];
  const [, region, part] = /^([a-z]{2})(?:-(.+))?$/.exec(stem) ?? [];
  if (language !== undefined) return `flag ${(tongues.of(language) ?? language).toLowerCase()}`;
  const code = region === undefined ? undefined : flagHexcode(region);
  const country =
    code === undefined || !isEmoji(code) ? undefined : regions.of(region.toUpperCase());
  if (country === undefined) return `flag ${stem.replaceAll('-', ' ')}`;
  return `flag ${[country.toLowerCase(), ...(part?.split('-') ?? [])].join(' ')}`;
}
