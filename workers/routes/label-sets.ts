import type { Context } from 'hono';
import { z } from 'zod';
import { captionsLabelSet, labelSetNameSchema, labelsSchema } from '../../src/api.ts';
import {
  getLabelSet,
  listLabelSets,
  putLabelSet,
  removeLabelSet,
  type LabelSet,
} from '../../src/catalogue/label-sets.ts';
import { DiptychError } from '../../src/errors.ts';
import { labelSetKey } from '../../src/version/keys.ts';
import { putJson } from '../../src/objects/put-json.ts';
import type { AppEnv } from '../app.ts';
import { openCatalogue } from '../services/open-catalogue.ts';
import { parseFields } from '../services/parse-fields.ts';
import { r2Objects } from '../services/r2-objects.ts';

type NamedContext = Context<AppEnv, '/:name'>;

const setSchema = z.strictObject({ labels: labelsSchema });

/** GET /v1/label-sets */
export async function getLabelSets(c: Context<AppEnv>): Promise<Response> {
  const sets = await listLabelSets(openCatalogue(c.env));
  return c.json({ labelSets: sets.map(describe) });
}

/** GET /v1/label-sets/:name */
export async function getOneLabelSet(c: NamedContext): Promise<Response> {
  return c.json({ labelSet: describe(await mustGet(c)) });
}

/** PUT /v1/label-sets/:name: a new one, or in place of one of that name. */
export async function putOneLabelSet(c: NamedContext): Promise<Response> {
  const name = nameOf(c);
  const body: unknown = await c.req.json().catch(() => null);
  const { labels } = parseFields(setSchema, body);
  await putLabelSet(openCatalogue(c.env), name, labels);
  await putJson(r2Objects(c.env), labelSetKey(name), { labels });
  return c.json({ labelSet: describe(await mustGet(c)) });
}

/** DELETE /v1/label-sets/:name */
export async function deleteLabelSet(c: NamedContext): Promise<Response> {
  const { name } = await mustGet(c);
  // The row is the last to go: where this breaks off, it can be asked for again.
  await r2Objects(c.env).delete(labelSetKey(name));
  await removeLabelSet(openCatalogue(c.env), name);
  return c.json({ name, status: 'deleted' });
}

function nameOf(c: NamedContext): string {
  const { data: name } = labelSetNameSchema.safeParse(c.req.param('name'));
  if (name !== undefined && name !== captionsLabelSet) return name;
  throw new DiptychError(
    'bad_request',
    `name: expected 1 to 63 letters, digits, ".", "_" or "-", and not "${captionsLabelSet}"`,
  );
}

async function mustGet(c: NamedContext): Promise<LabelSet> {
  const found = await getLabelSet(openCatalogue(c.env), nameOf(c));
  if (found) return found;
  throw new DiptychError('unknown_label_set', 'name: there is no label set of that name');
}

function describe({ createdAt, updatedAt, ...set }: LabelSet) {
  return {
    ...set,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
