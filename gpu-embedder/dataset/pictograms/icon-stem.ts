/** Style of an icon, as vendors append it to the name. */
const styleSuffix =
  /-(outlined?|fill|filled|line|linear|bold|bold-duotone|line-duotone|duotone|thin|light|regular|broken|rounded|sharp|twotone|two-tone|solid|negative|24px|alt|off)$/;

/** Suffixes that mean a style or another drawing of the same thing in one vendor's names only. */
const vendorSuffixes: Readonly<Record<string, readonly RegExp[]>> = {
  flag: [/-(1x1|4x3)$/],
  maki: [/-(8|10|11|12|14|15|16|18|20|24|28|32|36|40|48|60|64|80|96|100|256)$/],
  'pepicons-pop': [/-(circle-filled|circle-off|cutout)$/],
  'streamline-ultimate-color': [/-(flat|duo)$/, /-0?[1-9]$/],
  ...Object.fromEntries(
    ['streamline-pixel', 'hugeicons', 'solar', 'ri', 'fa7-solid', 'tabler', 'lucide'].map((set) => [
      set,
      [/-0?[1-9]$/],
    ]),
  ),
};

/** Strip style and size from an icon's name, so that all drawings of one thing share a stem. */
export function iconStem(name: string, set: string): string {
  const suffixes = [styleSuffix, ...(vendorSuffixes[set] ?? [])];
  let stem = name.toLowerCase();
  for (;;) {
    const shorter = suffixes.reduce((rest, suffix) => rest.replace(suffix, ''), stem);
    if (shorter === stem) return stem;
    stem = shorter;
  }
}
