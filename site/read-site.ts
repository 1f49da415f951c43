import { z } from 'zod';
import { siteFile, siteSchema, type Site } from '../src/version/site.ts';
import { DiptychError } from '../src/errors.ts';
import { fetchFile } from './fetch-file.ts';

/** Read what the site holds. @throws DiptychError index_unreadable */
export async function readSite(base: URL): Promise<Site> {
  const response = await fetchFile(new URL(siteFile, base), 'no-cache');
  const parsed = siteSchema.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    throw new DiptychError('index_unreadable', `${siteFile}: ${z.prettifyError(parsed.error)}`);
  }
  if (parsed.data.complete) return parsed.data;
  throw new DiptychError(
    'index_unreadable',
    `${siteFile}: the export was not finished: run diptych export static again`,
  );
}
