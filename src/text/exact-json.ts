import { endOfString } from './end-of-string.ts';

/**
 * Numbers that JSON.parse would change: integers of 16 digits or more, and exponents of three digits.
 * The tests only look for what may be such a number, also inside strings: they are fast, and nearly
 * all texts hold none.
 */
const longDigits = /\d{16}/;
const longExponent = /\d[eE]\+?\d{3}/;
const pythonWord = /NaN|Infinity/;

/** A quote, after which a string follows; a number; a word that only Python's JSON has. */
const token = /"|-?\d[\d.eE+-]*|NaN|-?Infinity/g;

/**
 * Parse JSON and keep every number: an integer that a double cannot hold exactly (from 2 ** 53 on)
 * becomes a text, as it is written, and so does a number beyond the range of a double (1e400).
 * JSON.parse would make 9007199254740992 of 9007199254740993, so that two ids become one.
 *
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  const isPlain = !longDigits.test(text) && !longExponent.test(text);
  return JSON.parse(isPlain ? text : rewrite(text, false));
}

/**
 * Parse JSON of a file as people's tools write it: like `parseExactJson`, and the NaN, Infinity and
 * -Infinity that Python writes for missing numbers become null.
 *
 * @throws SyntaxError
 */
export function parseFileJson(text: string): unknown {
  return pythonWord.test(text) ? JSON.parse(rewrite(text, true)) : parseExactJson(text);
}

/** Rewrite what stands outside strings. */
function rewrite(text: string, takesPython: boolean): string {
  const parts: string[] = [];
  let copied = 0;
  token.lastIndex = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [written] = found;
    if (written === '"') {
      token.lastIndex = endOfString(text, found.index + 1);
      continue;
    }
    const replacement = replace(written, takesPython);
    if (replacement === written) continue;
    parts.push(text.slice(copied, found.index), replacement);
    copied = token.lastIndex;
  }
  return parts.join('') + text.slice(copied);
}

function replace(written: string, takesPython: boolean): string {
  if (/[NI]/.test(written)) return takesPython ? 'null' : written;
  const number = Number(written);
  const isExact = /[.eE]/.test(written) ? Number.isFinite(number) : Number.isSafeInteger(number);
  return isExact || !isJsonNumber.test(written) ? written : `"${written}"`;
}

/** What JSON refuses, such as a zero in front, stays as it is, so that JSON.parse refuses it. */
const isJsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
