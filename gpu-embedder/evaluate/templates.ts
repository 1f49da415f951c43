import { readFile } from 'node:fs/promises';
import { DiptychError } from '../../src/errors.ts';

/** A prompt with a place for the name of a class. */
export type Template = (name: string) => string;

const placeholder = /\{c?\}/;

/** Words that fit photographs and pictograms alike. */
export const defaultTemplates: readonly Template[] = [
  '{}',
  'a picture of {}',
  'an image of {}',
].map(template);

/**
 * Read templates: a line each, with `{}` or `{c}` for the class.
 *
 * @throws DiptychError `unreadable_source`, with the line
 */
export async function readTemplates(path: string): Promise<readonly Template[]> {
  const lines = (await readText(path)).split('\n').map((line) => line.trim());
  const found = lines.flatMap((line, i) => {
    if (line === '') return [];
    if (placeholder.test(line)) return [template(line)];
    throw new DiptychError(
      'unreadable_source',
      `${path}:${i + 1}: expected {} or {c} where the class goes, got ${JSON.stringify(line)}`,
    );
  });
  if (found.length > 0) return found;
  throw new DiptychError('unreadable_source', `${path}: expected a template a line, got none`);
}

/** @throws DiptychError `unreadable_source` */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const problem = `${path} cannot be read: ${(cause as Error).message}`;
    throw new DiptychError('unreadable_source', problem, undefined, { cause });
  }
}

function template(line: string): Template {
  return (name) => line.replace(placeholder, () => name);
}
