import { z } from 'zod';
import { labelsSchema } from '../../http/api.ts';
import { parseArtifactJson } from '../../version/parse-json.ts';

const storedSchema = z.object({ labels: labelsSchema });

/** @throws DiptychError index_unreadable */
export function parseLabelSet(key: string, json: string): readonly string[] {
  return parseArtifactJson(key, storedSchema, json).labels;
}
