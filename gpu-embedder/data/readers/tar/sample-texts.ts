import { decodeText } from '../../../../src/text/decode-text.ts';
import { parseFileJson } from '../../../../src/text/exact-json.ts';
import { captionsOf, findColumns, readFields, type Columns, type Fields } from '../columns.ts';
import { captionLines } from '../read-text-files.ts';
import type { Skip } from '../source.ts';
import type { SampleMember } from './tar-samples.ts';

/** What a member holds, or nothing and why. */
interface Content<T> {
  readonly value: T;
  readonly problem?: SampleProblem;
}

/** Why a sample is skipped, and the member that is the reason. */
export type SampleProblem = Omit<Skip, 'where'> & { readonly path?: string };

/** How the texts of samples are read. */
export interface TextOptions {
  readonly columns: Columns;
  /** Of texts that have no byte order mark; UTF-8 by default. */
  readonly encoding?: string;
}

/**
 * Read the metadata of a sample from its members .txt, .json and .cls. One that cannot be read leaves
 * the others in force.
 *
 * @param seen - collects the names of .json fields
 */
export function readTexts(
  members: readonly SampleMember[],
  { columns, encoding }: TextOptions,
  seen: Set<string>,
): Exclude<ReturnType<typeof readFields>, Omit<Skip, 'where'>> | SampleProblem {
  const [txt, json, cls] = ['txt', 'json', 'cls'].map((wanted) =>
    members.find(({ extension }) => extension === wanted),
  );
  const [lines, fields] = [readLines(txt, encoding), readJson(json, encoding)];
  const names = Object.keys(fields.value);
  for (const name of names) seen.add(name);
  const found = findColumns(columns, names);
  const captions = found.caption?.flatMap((name) => captionsOf(fields.value[name]));
  const metadata = readFields(
    {
      ...fields.value,
      caption: joinCaptions(lines.value, captions),
      label: cls?.bytes ?? fields.value[found.label ?? ''],
    },
    { ...found, caption: ['caption'], label: 'label' },
  );
  if (!('code' in metadata) || metadata.code !== 'image_without_caption') return metadata;
  // The image might have a caption if all members could be read.
  return fields.problem ?? lines.problem ?? unusable(cls) ?? metadata;
}

/**
 * Join the captions of .txt, one a line, and of .json. img2dataset writes the same caption into both,
 * also where it has several lines.
 */
function joinCaptions(lines: readonly string[], json: readonly string[] = []): readonly string[] {
  const joined = oneLine(lines.join(' '));
  return json.some((caption) => oneLine(caption) === joined) ? json : [...lines, ...json];
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function readLines(
  member: SampleMember | undefined,
  encoding: string | undefined,
): Content<readonly string[]> {
  if (member?.bytes === undefined) return { value: [], problem: unusable(member) };
  const decoded = decodeText(member.bytes, encoding);
  if ('text' in decoded) return { value: captionLines(decoded.text) };
  return {
    value: [],
    problem: { path: member.path, reason: decoded.problem, code: 'bad_encoding' },
  };
}

function readJson(member: SampleMember | undefined, encoding: string | undefined): Content<Fields> {
  if (member?.bytes === undefined) return { value: {}, problem: unusable(member) };
  const bad = (reason: string) => ({
    value: {},
    problem: { path: member.path, reason, code: 'bad_json' },
  });
  const decoded = decodeText(member.bytes, encoding);
  if ('problem' in decoded) return bad(decoded.problem);
  try {
    const value = parseFileJson(decoded.text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { value: value as Fields } : bad('expected a JSON object');
  } catch (error) {
    return bad((error as Error).message);
  }
}

function unusable(member: SampleMember | undefined): SampleProblem | undefined {
  if (member?.problem === undefined) return undefined;
  return { reason: `${member.path}: ${member.problem}`, code: 'image_without_caption' };
}
