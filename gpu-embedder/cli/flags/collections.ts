import { InvalidArgumentError, Option } from 'commander';
import { DiptychError } from '../../../src/errors.ts';
import { checkKey } from '../../../src/objects/check-key.ts';
import { collectionNameSchema } from '../../../src/version/collection-name.ts';
import { unexpected } from './numbers.ts';

/**
 * Describe `--collection`.
 *
 * @param byDefault - without it, the flag is required
 */
export function collectionFlag(description: string, byDefault?: string): Option {
  const option = new Option('--collection <name>', description).argParser(collectionName);
  return byDefault === undefined ? option.makeOptionMandatory() : option.default(byDefault);
}

/** Describe `--collection` of a command that lists or removes. It takes any name, also one that an older version allowed. */
export function storedCollectionFlag(description: string, byDefault: string): Option {
  return new Option('--collection <name>', description).argParser(storedName).default(byDefault);
}

function collectionName(text: string): string {
  const { error } = collectionNameSchema.safeParse(text);
  if (error) throw new InvalidArgumentError(error.issues[0].message);
  return text;
}

function storedName(text: string): string {
  try {
    if (!checkKey(text).includes('/')) return text;
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
  }
  throw unexpected('a name without "/"', text);
}
