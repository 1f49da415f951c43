import { writeFileSync } from 'node:fs';
import { Header } from 'tar';

export type Member = readonly [path: string, content: string | Uint8Array];

const block = 512;

/** Write a tar archive of files, in the order given. */
export function writeTar(file: string, members: readonly Member[]): void {
  const parts = members.flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(block);
    new Header({ path, size: bytes.length, mode: 0o644, type: 'File' }).encode(header);
    return [header, bytes, Buffer.alloc(-bytes.length & (block - 1))];
  });
  writeFileSync(file, Buffer.concat([...parts, Buffer.alloc(2 * block)]));
}
