import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';

/** Most levels of lists and objects. Tokenizers of the hub have about 8; thousands end the stack. */
const maxDepth = 64;

const id = z.int().nonnegative();
const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id, content: z.string() })).optional(),
  model: z
    .looseObject({
      vocab: z.union([
        z.record(z.string(), id),
        // Unigram models have scores, and the place of a token is its id.
        z.array(z.tuple([z.string(), z.number()])),
      ]),
    })
    .refine(({ type, merges }) => type !== 'BPE' || Array.isArray(merges), {
      path: ['merges'],
      message: 'expected a list',
    }),
});

/**
 * Check the parts of a tokenizer.json that decide token ids.
 *
 * @param path - the file, for the message
 * @throws DiptychError unreadable_model
 */
export function checkTokenizer<T>(path: string, json: T): T {
  const depth = depthOf(json);
  if (depth > maxDepth) {
    throw unreadable(
      path,
      `expected at most ${maxDepth} levels of lists and objects, got ${depth}`,
    );
  }
  const { error } = schema.safeParse(json);
  if (error) throw unreadable(path, z.prettifyError(error));
  return json;
}

/** Count the levels of a value; it does not recurse, since the value may be very deep. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let level = [value]; level.length > 0; depth++) {
    const lists = level.filter((one) => typeof one === 'object' && one !== null);
    level = lists.flatMap((one) => Object.values(one as object) as unknown[]);
  }
  return depth;
}

function unreadable(path: string, problem: string): DiptychError {
  return new DiptychError('unreadable_model', `${path}: ${problem}`, { path });
}
