import { z } from 'zod';
import { labelsSchema } from './api.ts';
import { parseArtifactJson } from './artifact/parse-json.ts';

const storedSchema = z.object({ labels: labelsSchema });

/** `label-sets/<name>.json`: labels to classify with, where the edge reads them without a database. */
export function labelSetKey(name: string): string {
  return `label-sets/${name}.json`;
}

/** @throws DiptychError index_unreadable */
export function parseLabelSet(key: string, json: string): readonly string[] {
  return parseArtifactJson(key, storedSchema, json).labels;
}
