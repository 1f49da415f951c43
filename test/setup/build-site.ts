import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

const sources = ['site', 'workers', 'src', 'build/wasm'];
const built = 'build/site/_headers';

/** Build the page of static sites if it is missing or older than its sources. */
export default async function buildSite(): Promise<void> {
  const since = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((folder) => newest(folder) < since)) return;
  await build({ configFile: 'site/vite.config.ts', logLevel: 'error' });
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs));
}
