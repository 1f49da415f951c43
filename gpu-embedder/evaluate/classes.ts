import { extname } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import type { Item } from '../dataset/prepared.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import { emojiClassNames } from './emoji-class-names.ts';
import { readText } from './templates.ts';

/** What images are told apart by. */
export interface Classes {
  /** Names of each class; a prompt is made of each. */
  readonly names: readonly (readonly string[])[];
  /**
   * How the names of a class go together: prompts of `synonyms` are averaged, as in CLIP;
   * probabilities of `parts` ("fish", "whale" of sea animals) add up.
   */
  readonly namesAre: 'synonyms' | 'parts';
  /** Class by the label that items carry. */
  readonly ofLabel: ReadonlyMap<string, number>;
}

const fileSchema = z
  .record(z.string(), z.array(z.string().min(1)).min(1))
  .refine((classes) => Object.keys(classes).length > 0, 'expected a class');

/** By what Unicode sorts emoji: about ten groups, of about a hundred subgroups. */
export type Level = 'group' | 'subgroup';

/**
 * Tell the label of an item.
 *
 * @param level - which label of its concept a pictogram has
 */
export function labelOf(dataset: PreparedDataset, item: Item, level: Level): string | undefined {
  if (dataset.manifest.kind !== 'pictograms') return item.label;
  return dataset.concepts.get(item.concept ?? '')?.[level];
}

/** Take every label of a data set for a class. */
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
 * Read classes: from text a name a line, where the label of an item is the name or its line
 * counted from 0; from JSON `{label: [names]}`.
 *
 * @throws DiptychError `unreadable_source`
 */
export async function readClasses(path: string): Promise<Classes> {
  const text = await readText(path);
  return extname(path) === '.json' ? fromJson(path, text) : fromLines(path, text);
}

function fromLines(path: string, text: string): Classes {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
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
    json = JSON.parse(text);
  } catch (cause) {
    const problem = `${path} is no JSON: ${(cause as Error).message}`;
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
