import { readFile } from 'node:fs/promises';

/** Reads the headers that a `_headers` file sets on every path (its `/*` rule). */
export async function readHeaderRules(path: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const start = lines.indexOf('/*') + 1;
  const headers: Record<string, string> = {};
  for (const line of lines.slice(start)) {
    const rule = /^\s+([\w-]+):\s*(.+)$/.exec(line);
    if (!rule) break;
    headers[rule[1]] = rule[2];
  }
  return headers;
}
