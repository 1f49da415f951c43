import { readFile } from 'node:fs/promises';
import { DiptychError } from '../../../src/errors.ts';
import { decodeText } from '../../../src/text/decode-text.ts';
import type { DatasetManifest } from '../../data/prepared/prepared.ts';

/** A prompt with a place for the name of a class. */
export type Template = (name: string) => string;

const placeholder = /\{c?\}/;

const templatesOf = {
  /** `scripts/choose-templates.ts` chose these on the styles of the training sets. */
  pictograms: ['{}', '{} emoji', '{} icon'],
  /** These were not chosen by a measurement. */
  images: ['{}', 'a picture of {}', 'an image of {}'],
};

/** Return the default templates for a kind of data set. */
export function defaultTemplates(kind: DatasetManifest['kind']): readonly Template[] {
  return templatesOf[kind === 'pictograms' ? 'pictograms' : 'images'].map(toTemplate);
}

/**
 * Read templates: one a line, with `{}` or `{c}` for the class.
 *
 * @throws DiptychError `unreadable_source`, with the line
 */
export async function readTemplates(path: string): Promise<readonly Template[]> {
  const lines = linesOf(await readText(path));
  const found = lines.flatMap((line, i) => {
    if (line === '') return [];
    if (placeholder.test(line)) return [toTemplate(line)];
    throw new DiptychError(
      'unreadable_source',
      `${path}:${i + 1}: expected {} or {c} where the class goes, got ${JSON.stringify(line)}`,
    );
  });
  if (found.length > 0) return found;
  throw new DiptychError('unreadable_source', `${path}: expected a template a line, got none`);
}

/**
 * Read a file of texts: UTF-8, or UTF-16 with a byte order mark.
 *
 * @throws DiptychError `unreadable_source`
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: Error) => {
    const problem = `${path} cannot be read: ${cause.message}`;
    throw new DiptychError('unreadable_source', problem, undefined, { cause });
  });
  const decoded = decodeText(bytes);
  if ('text' in decoded) return decoded.text;
  throw new DiptychError('unreadable_source', `${path}: ${decoded.problem}; save it as UTF-8`);
}

/** Cut a text into lines, whatever ends them, without spaces around them. */
export const linesOf = (text: string): readonly string[] =>
  text.split(/\r\n|\r|\n/).map((line) => line.trim());

/** Read one template, with `{}` or `{c}` for the class. */
export function toTemplate(line: string): Template {
  return (name) => line.replace(placeholder, () => name);
}
