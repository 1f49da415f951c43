import { writeFileSync } from 'node:fs';
import { Header, type HeaderData } from 'tar';

/** A member with the content of a file, or a link. */
export type Member = readonly [path: string, content: string | Uint8Array | { linkTo: string }];

const block = 512;
const endOfArchive = Buffer.alloc(2 * block);

/** Make a tar archive of files and links, in the order given. */
export function tarBytes(members: readonly Member[]): Buffer {
  return Buffer.concat([...members.map(memberBytes), endOfArchive]);
}

/** Write a tar archive of files and links, in the order given. */
export function writeTar(file: string, members: readonly Member[]): void {
  writeFileSync(file, tarBytes(members));
}

function memberBytes([path, content]: Member): Buffer {
  return typeof content === 'object' && 'linkTo' in content
    ? entry({ path, type: 'SymbolicLink', linkpath: content.linkTo })
    : entry({ path, type: 'File' }, Buffer.from(content));
}

/** Make one entry of an archive: its header, and what follows in whole blocks. */
export function entry(header: HeaderData, content: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(block);
  new Header({ mode: 0o644, ...header, size: content.length }).encode(bytes);
  return Buffer.concat([bytes, content, Buffer.alloc(-content.length & (block - 1))]);
}
