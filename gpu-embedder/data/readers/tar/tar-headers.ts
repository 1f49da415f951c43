import { Header, Pax } from 'tar';
import type { ByteReader } from './byte-reader.ts';

const block = 512;
/** The longest attributes of a member: its path is one of them. */
const maxAttributeBytes = 1 << 20;

export interface MemberHeader {
  readonly type: string;
  readonly path: string;
  readonly size: number;
}

/** What POSIX and GNU tar write about the next member, and about all that follow. */
interface Attributes {
  readonly next?: Pax;
  readonly global?: Pax;
}

/**
 * Read the headers of all archives in a file, each with the attributes before it. Between two
 * headers, the caller takes the bytes of the member.
 */
export async function* tarHeaders(
  input: ByteReader,
  damaged: (problem: string) => Error,
): AsyncGenerator<MemberHeader> {
  let attributes: Attributes = {};
  let isFirst = true;
  let ended = false;
  for (;;) {
    const bytes = await input.take(block);
    if (bytes.every((byte) => byte === 0)) {
      if (bytes.length < block) break;
      // Two blocks of zeros end an archive, and more of them pad it. Another one may follow.
      [ended, attributes] = [true, {}];
      continue;
    }
    const header = readHeader(bytes, attributes);
    if (header === undefined) {
      if (ended) throw damaged('the data after the end of the archive is no archive');
      if (isFirst) throw damaged(`expected a tar archive, got ${beginning(bytes)}`);
      throw damaged(bytes.length < block ? 'the file ends within a header' : 'wrong checksum');
    }
    [isFirst, ended] = [false, false];
    const { type, size } = header;
    if (isAttributes(type)) {
      if (size > maxAttributeBytes) throw damaged(`${size} bytes of attributes of a member`);
      const text = await input.take(size);
      attributes = withAttributes(attributes, type, text.toString('utf8'));
    } else {
      yield header;
      attributes = { global: attributes.global };
    }
    await input.skip(-size & (block - 1));
  }
  if (isFirst && !ended) throw damaged('expected a tar archive, got an empty file');
  if (!ended) throw damaged('it is cut short, the end of the archive is missing');
}

/** Read a header; undefined where its checksum is wrong or a field is missing. */
function readHeader(bytes: Buffer, { next, global }: Attributes): MemberHeader | undefined {
  try {
    const { cksumValid, type, path, size = 0 } = new Header(bytes, 0, next, global);
    if (!cksumValid || !path) return undefined;
    // The header of a link may have the size of the file that it leads to, but no bytes follow.
    return { type, path, size: isLink(type) ? 0 : size };
  } catch {
    return undefined;
  }
}

/** Show how a file begins: `"<!DOCTYPE html>"` tells what it is. */
const beginning = (bytes: Buffer): string =>
  JSON.stringify(bytes.toString('latin1', 0, 24).replace(/[^ -~]/g, '.'));

function withAttributes({ next, global }: Attributes, type: string, text: string): Attributes {
  if (type === 'GlobalExtendedHeader') return { next, global: Pax.parse(text, global, true) };
  if (type.endsWith('ExtendedHeader')) return { next: Pax.parse(text, next), global };
  if (type === 'NextFileHasLongLinkpath') return { next, global };
  return { next: new Pax({ ...next, path: text.replace(/\0.*/s, '') }), global };
}

const isAttributes = (type: string): boolean =>
  /ExtendedHeader$|^NextFileHasLong|^OldGnuLongPath$/.test(type);
export const isFile = (type: string): boolean =>
  ['File', 'OldFile', 'ContiguousFile'].includes(type);
export const isLink = (type: string): boolean => type === 'Link' || type === 'SymbolicLink';
