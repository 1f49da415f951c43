/**
 * Suffixes that each vendor appends to a name for a style or another drawing of the same thing.
 * They differ by vendor: "sharp" is a style in material-symbols, but not in mdi's
 * "music-accidental-sharp". No set lists "off", because a crossed-out icon shows another thing.
 */
const styleSuffixes: Readonly<Record<string, RegExp>> = {
  bi: /(?<!^sort-.*)(-alt)?(-fill)?$/,
  carbon: /(?<!^text)(-(alt|fill|filled|outline|solid))+$/,
  'fa7-solid': /(?<!^sort-.*)-alt$/,
  flag: /-(1x1|4x3)$/,
  'game-icons': /-alt$/,
  healthicons: /(-alt)?(-outline)?(-24px)?$/,
  iconoir: /(-alt)?(-solid)?$/,
  maki: /-(8|10|11|12|14|15|16|18|20|24|28|32|36|40|48|60|64|80|96|100|256)$/,
  'material-symbols': /(-outline)?(-rounded|-sharp)?$/,
  mdi: /((?<=^(?:arrow|check|swap)(?:-.*)?)-(bold|thin))?(-variant)?(-outline)?$/,
  mingcute: /-(fill|line)$/,
  'pepicons-pop': /(-(filled|outlined|cutout))?(-circle(-filled)?)?(?=(-off)?$)/,
  ph: /-(bold|duotone|fill|light|thin)$/,
  ri: /-(fill|line)$/,
  solar: /-(bold|bold-duotone|broken|line-duotone|linear|outline)$/,
  'streamline-ultimate-color': /(-alt)?(-(flat|duo))?$/,
  tabler: /(-alt)?(-filled)?$/,
};

/** Sets that number the drawings of one thing. */
const numberedSets: ReadonlySet<string> = new Set([
  'fa7-solid',
  'guidance',
  'hugeicons',
  'lucide',
  'mingcute',
  'ri',
  'solar',
  'streamline-pixel',
  'streamline-ultimate-color',
  'tabler',
]);
const drawingNumber = /-0?[1-9](?=(-off)?$)/;

/** Names whose number has a meaning: "dice-3" is not the third drawing of "dice". */
const counted = new RegExp(
  `(^|-)(${[
    'number|dice|dice-faces|clock-hour|box-multiple|play-card|casino-lucky|laurel-wreath|repeat',
    'battery|battery-charging|battery-vertical|antenna-bars|signal|cell-signal|signal-cellular',
    'signal-wifi|wifi|wifi-signal|volume|temperature|thermometer|progress|sim|dual-sim|device-sim',
    'heading|h|columns|rows|paginate-filter|tally|tallymark|exposure-minus|exposure-plus|divide',
    'forward|rewind-forward|rewind-backward|rewind-forward-square|rewind-backward-square|replay',
    'time-duration|car-fan|ironing|wash-dry|wash-temperature|html|css|[0-9]+',
  ].join('|')})-[1-9](-off)?$|^(dice-faces|heading|tally)-0[1-9]$`,
);
const countedBySet: Readonly<Record<string, RegExp>> = { lucide: /^(clock-.|calendar-1)$/ };

/** Strip style and size from an icon's name, so that all drawings of one thing share a stem. */
export function iconStem(name: string, set: string): string {
  const lower = name.toLowerCase();
  const plain = set in styleSuffixes ? lower.replace(styleSuffixes[set], '') : lower;
  const isCounted = counted.test(plain) || countedBySet[set]?.test(plain) === true;
  return numberedSets.has(set) && !isCounted ? plain.replace(drawingNumber, '') : plain;
}
