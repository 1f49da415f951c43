import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';

const setSchema = z.object({
  set: z.string(),
  package: z.string(),
  kind: z.enum(['colour', 'mono']),
  licence: z.string(),
  role: z.enum(['train', 'validation']),
});
const schema = z.object({ emoji: z.array(setSchema), icons: z.array(setSchema) });

/** An emoji or icon set of `corpus/sets.json`. */
export interface CorpusSet extends z.infer<typeof setSchema> {
  readonly emoji: boolean;
}

/** Icon sets of the demo; its emoji sets are all emoji sets with the role `train`. */
const demoIcons: readonly string[] = ['tabler', 'lucide'];

const corpusUrl = new URL('../../../corpus/', import.meta.url);

/** Read all sets, emoji first, in the order of `corpus/sets.json`. */
export function corpusSets(): readonly CorpusSet[] {
  const { emoji, icons } = schema.parse(readJson('sets.json'));
  return [
    ...emoji.map((set) => ({ ...set, emoji: true })),
    ...icons.map((set) => ({ ...set, emoji: false })),
  ];
}

/**
 * Choose the sets of a preparation.
 *
 * @param names - exact set names; none means the demo
 */
export function selectSets(choice: {
  all?: boolean;
  names?: readonly string[];
}): readonly CorpusSet[] {
  const sets = corpusSets();
  if (choice.names !== undefined) {
    const known = new Set(sets.map(({ set }) => set));
    const unknown = choice.names.filter((name) => !known.has(name));
    if (unknown.length > 0 || choice.names.length === 0) {
      throw new DiptychError(
        'invalid_option',
        `unknown pictogram set "${unknown.join(', ')}": expected some of ${[...known].join(', ')}`,
      );
    }
    const wanted = new Set(choice.names);
    return sets.filter(({ set }) => wanted.has(set));
  }
  if (choice.all === true) return sets;
  return sets.filter(({ set, emoji, role }) =>
    emoji ? role === 'train' : demoIcons.includes(set),
  );
}

/** Read the table of emoji and the icons that show them: set -> hexcode -> icon names. */
export function emojiMap(): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> {
  return z
    .record(z.string(), z.record(z.string(), z.array(z.string())))
    .parse(readJson('emoji-map.json'));
}

/** Read the packages, with versions, that are installed on demand. */
export function onDemandPackages(): Readonly<Record<string, string>> {
  return z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(readJson('on-demand/package.json')).dependencies;
}

/** Files that an installation on demand copies. */
export const corpusManifestFiles = ['package.json', 'package-lock.json', '.npmrc'].map(
  (name) => new URL(`on-demand/${name}`, corpusUrl),
);

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, corpusUrl), 'utf8'));
}
