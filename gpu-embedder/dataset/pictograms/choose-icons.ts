import type { PrepareReport } from '../prepared.ts';
import type { CorpusSet } from './corpus-sets.ts';
import type { IconSet } from './icon-set.ts';
import { iconStem } from './icon-stem.ts';

type Skip = PrepareReport['skipped'][number];

/** An icon that is worth an image. */
export interface ChosenIcon {
  /** Name in the set, e.g. `heart-filled`. */
  readonly name: string;
  /** Name without style and size, e.g. `heart`; of an emoji, its name. */
  readonly stem: string;
  /** Names of the same thing in other styles. */
  readonly variants: readonly string[];
}

const brandName = /(^|-)(logo|brand|brands)(-|$)/;
const brandCategory = /^(brand|logos?)( \/|$)/i;

/** Skin tones carry their tone in the name; Fluent's end with the bare tone. */
const skinTone = /skin-tone|-tone[1-5]/;
const fluentSkinTone = /-(light|medium-light|medium|medium-dark|dark)$/;
const notSkinTone = /volume-(medium|low)|speaker-medium/;

function isSkinTone(set: string, name: string): boolean {
  if (!set.startsWith('fluent-emoji')) return skinTone.test(name);
  return fluentSkinTone.test(name) && !notSkinTone.test(name);
}

/**
 * Choose one icon per thing: no hidden, animated or brand icon, no skin tone, no second name of
 * the same drawing; style variants go with the one that is chosen.
 *
 * @param mapped - names that are known to show a Unicode emoji; they win over other names
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
  // The plainest name is the vendor's normal style; of two names of a drawing it is the better, too.
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
