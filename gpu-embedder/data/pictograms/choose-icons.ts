import type { PrepareReport } from '../prepared/prepared.ts';
import type { CorpusSet } from './corpus-sets.ts';
import type { IconSet } from './icon-set.ts';
import { iconStem } from './icon-stem.ts';

type Skip = PrepareReport['skipped'][number];

/** An icon that becomes an image of the data set. */
export interface ChosenIcon {
  /** Name in the set, e.g. `heart-filled`. */
  readonly name: string;
  /** Name without style and size, e.g. `heart`; for an emoji, its whole name. */
  readonly stem: string;
  /** Names of the drawings of the same thing in other styles. */
  readonly variants: readonly string[];
}

const brandName = /(^|-)(logo|brand|brands)(-|$)/;
const brandCategory = /^(brand|logos?)( \/|$)/i;

/** Names of emoji with a skin tone contain the tone; in Fluent they end with it (`-dark`). */
const skinTone = /skin-tone|-tone[1-5]/;
const fluentSkinTone = /-(light|medium-light|medium|medium-dark|dark)$/;
const notSkinTone = /volume-(medium|low)|speaker-medium/;

function isSkinTone(set: string, name: string): boolean {
  if (!set.startsWith('fluent-emoji')) return skinTone.test(name);
  return fluentSkinTone.test(name) && !notSkinTone.test(name);
}

/**
 * Choose one icon per thing, without hidden, animated and brand icons, skin tones, and second
 * names of one drawing. The style variants of a thing are listed with the chosen icon.
 *
 * @param mapped - names that are known to show a Unicode emoji; they are preferred
 */
export function chooseIcons(
  set: CorpusSet,
  data: IconSet,
  mapped: ReadonlySet<string>,
): { readonly chosen: readonly ChosenIcon[]; readonly skipped: readonly Skip[] } {
  const skipped: Skip[] = [];
  const skip = (name: string, code: string, reason: string): void => {
    skipped.push({ where: `${set.set}:${name}`, reason, code });
  };
  const brands = new Set(
    Object.entries(data.categories)
      .filter(([category]) => brandCategory.test(category))
      .flatMap(([, names]) => names),
  );
  const byBody = new Map<string, string>();
  const byStem = new Map<string, { readonly name: string; readonly variants: string[] }>();
  const stemOf = (name: string): string => (set.emoji ? name : iconStem(name, set.set));
  // The plainest name is the vendor's normal style, and the better of two names of one drawing.
  const plainness = (name: string): number =>
    set.emoji ? Number(mapped.has(name)) : stemOf(name).length - name.length;
  const names = Object.keys(data.icons).sort((a, b) => plainness(b) - plainness(a));
  for (const name of names) {
    const { body, hidden } = data.icons[name];
    const stem = stemOf(name);
    const same = byBody.get(body);
    if (hidden === true) skip(name, 'hidden', 'hidden by its set');
    else if (set.emoji && isSkinTone(set.set, name)) skip(name, 'skin_tone', 'a skin tone');
    else if (/<(animate|set)\b/.test(body)) skip(name, 'animated', 'animated');
    else if (!set.emoji && (brandName.test(stem) || brands.has(name))) {
      skip(name, 'brand', 'a brand or logo');
    } else if (same !== undefined) skip(name, 'same_drawing', `the same drawing as ${same}`);
    else {
      byBody.set(body, name);
      const chosen = byStem.get(stem);
      if (chosen === undefined) byStem.set(stem, { name, variants: [] });
      else chosen.variants.push(name);
    }
  }
  return { chosen: [...byStem].map(([stem, icon]) => ({ ...icon, stem })), skipped };
}
