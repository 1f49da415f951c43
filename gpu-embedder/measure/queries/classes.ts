import { extname } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import { parseFileJson } from '../../../src/text/exact-json.ts';
import type { Item } from '../../data/prepared/prepared.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { emojiClassNames } from './emoji-class-names.ts';
import { linesOf, readText } from './templates.ts';

/** The classes of a zero-shot classification. */
export interface Classes {
  /** Names of each class; each name gives a prompt. */
  readonly names: readonly (readonly string[])[];
  /**
   * How the names of a class are combined: prompts of `synonyms` are averaged, as in CLIP;
   * probabilities of `parts` ("fish" and "whale" for sea animals) are added.
   */
  readonly namesAre: 'synonyms' | 'parts';
  /** Number of the class of each label. */
  readonly ofLabel: ReadonlyMap<string, number>;
}

const fileSchema = z
  .record(z.string(), z.array(z.string().min(1)).min(1))
  .refine((classes) => Object.keys(classes).length > 0, 'expected a class');

/** Unicode's two levels of sorting emoji: about ten groups with about a hundred subgroups. */
export type Level = 'group' | 'subgroup';

/**
 * Return the label of an item.
 *
 * @param level - whether a pictogram is labelled by the group or the subgroup of its concept
 */
export function labelOf(dataset: PreparedDataset, item: Item, level: Level): string | undefined {
  if (dataset.manifest.kind !== 'pictograms') return item.label;
  return dataset.concepts.get(item.concept ?? '')?.[level];
}

/** Make a class of every label in a data set. */
export function ownClasses(dataset: PreparedDataset, level: Level): Classes {
  const labels = new Set<string>();
  for (const item of dataset.items) {
    const label = labelOf(dataset, item, level);
    if (label !== undefined) labels.add(label);
  }
  const isEmoji = dataset.manifest.kind === 'pictograms';
  const namesOf = isEmoji ? emojiClassNames : (label: string) => [label.replaceAll('_', ' ')];
  return {
    names: [...labels].map(namesOf),
    namesAre: isEmoji ? 'parts' : 'synonyms',
    ofLabel: new Map([...labels].map((label, i) => [label, i])),
  };
}

/**
 * Read classes. A text file has a name a line, and items are labelled by name or by line number
 * from 0; a JSON file is `{label: [names]}`.
 *
 * @throws DiptychError `unreadable_source`
 */
export async function readClasses(path: string): Promise<Classes> {
  const text = await readText(path);
  return extname(path) === '.json' ? fromJson(path, text) : fromLines(path, text);
}

function fromLines(path: string, text: string): Classes {
  const lines = linesOf(text.trimEnd());
  const empty = lines.indexOf('');
  if (empty >= 0) {
    throw new DiptychError(
      'unreadable_source',
      `${path}:${empty + 1}: expected a class, got nothing`,
    );
  }
  const ofLabel = new Map([
    ...lines.map((_, i) => [String(i), i] as const),
    ...lines.map((name, i) => [name, i] as const),
  ]);
  return { names: lines.map((name) => [name]), namesAre: 'synonyms', ofLabel };
}

function fromJson(path: string, text: string): Classes {
  let json: unknown;
  try {
    json = parseFileJson(text);
  } catch (cause) {
    const problem = `${path} is not JSON: ${(cause as Error).message}`;
    throw new DiptychError('unreadable_source', problem, undefined, { cause });
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const problem = `${path}: expected {label: [names]}: ${z.prettifyError(parsed.error)}`;
    throw new DiptychError('unreadable_source', problem);
  }
  return {
    names: Object.values(parsed.data),
    namesAre: 'synonyms',
    ofLabel: new Map(Object.keys(parsed.data).map((label, i) => [label, i])),
  };
}
