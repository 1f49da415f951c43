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
 * Choose one icon per drawing: no hidden, animated or brand icon, no skin tone, no second name of
 * the same drawing, and of an icon's style variants one.
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
  const byStem = new Map<string, ChosenIcon>();
  const names = Object.keys(data.icons);
  if (set.emoji) names.sort((a, b) => Number(mapped.has(b)) - Number(mapped.has(a)));
  for (const name of names) {
    const { body, hidden } = data.icons[name];
    const stem = set.emoji ? name : iconStem(name, set.set);
    const same = byBody.get(body);
    const variant = byStem.get(stem);
    if (hidden === true) skip(name, 'hidden', 'hidden by its set');
    else if (set.emoji && isSkinTone(set.set, name)) skip(name, 'skin_tone', 'a skin tone');
    else if (/<(animate|set)\b/.test(body)) skip(name, 'animated', 'animated');
    else if (!set.emoji && (brandName.test(stem) || brands.has(name))) {
      skip(name, 'brand', 'a brand or logo');
    } else if (same !== undefined) skip(name, 'same_drawing', `the same drawing as ${same}`);
    else {
      byBody.set(body, name);
      if (variant !== undefined && name !== stem) {
        skip(name, 'variant', `a variant of ${variant.name}`);
        continue;
      }
      // The plain name is the vendor's normal style, so it replaces a variant met earlier.
      if (variant !== undefined) skip(variant.name, 'variant', `a variant of ${name}`);
      byStem.set(stem, { name, stem });
    }
  }
  return { chosen: [...byStem.values()], skipped };
}
