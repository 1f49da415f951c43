import { z } from 'zod';

/**
 * Whether a text has no half of a surrogate pair, which JSON can write as `\ud83d`. UTF-8 cannot: a
 * database would keep another text, and an address cannot be made of it.
 */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** What is wrong with a text that is not well-formed. */
export const halfPair = 'half of a surrogate pair, which is no character';

/** A text that clients send. */
export const wellFormedText = z.string().refine(isWellFormed, `expected no ${halfPair}`);
