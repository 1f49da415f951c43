import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { captionsLabelSet, labelSetNameSchema, labelsSchema } from '../../src/http/api.ts';
import {
  getLabelSet,
  listLabelSets,
  putLabelSet,
  removeLabelSet,
  type LabelSet,
} from '../../src/catalogue/label-sets.ts';
import { DiptychError } from '../../src/errors.ts';
import { badRequest } from '../../src/bad-request.ts';
import { nameRule } from '../../src/version/collection-name.ts';
import { labelSetKey } from '../../src/version/keys.ts';
import { putJson } from '../../src/objects/put-json.ts';
import type { AppEnv } from '../env.ts';
import { readJson } from '../http/read-json.ts';
import { openCatalogue } from '../stores/open-catalogue.ts';
import { r2Objects } from '../stores/r2-objects.ts';
import { requireScope } from '../http/require-scope.ts';

const [read, write] = [requireScope('read'), requireScope('write')];

export const labelSets = new Hono<AppEnv>()
  .get('/v1/label-sets', read, (c) => getLabelSets(c))
  .get('/v1/label-sets/:name', read, (c) => getOneLabelSet(c, c.req.param('name')))
  .put('/v1/label-sets/:name', write, (c) => putOneLabelSet(c, c.req.param('name')))
  .delete('/v1/label-sets/:name', write, (c) => deleteLabelSet(c, c.req.param('name')));

const setSchema = z.strictObject({ labels: labelsSchema });

async function getLabelSets(c: Context<AppEnv>): Promise<Response> {
  const sets = await listLabelSets(openCatalogue(c.env));
  return c.json({ labelSets: sets.map(describe) });
}

async function getOneLabelSet(c: Context<AppEnv>, name: string): Promise<Response> {
  return c.json({ labelSet: describe(await mustGet(c, name)) });
}

/** Write a label set; it replaces one of the same name. */
async function putOneLabelSet(c: Context<AppEnv>, name: string): Promise<Response> {
  checkName(name);
  const { labels } = await readJson(c, setSchema);
  await putLabelSet(openCatalogue(c.env), name, labels);
  await putJson(r2Objects(c.env), labelSetKey(name), { labels });
  return c.json({ labelSet: describe(await mustGet(c, name)) });
}

async function deleteLabelSet(c: Context<AppEnv>, name: string): Promise<Response> {
  await mustGet(c, name);
  // Remove the row last: if this fails halfway, the set is still found and can be deleted again.
  await r2Objects(c.env).delete(labelSetKey(name));
  await removeLabelSet(openCatalogue(c.env), name);
  return c.json({ name, status: 'deleted' });
}

function checkName(name: string): void {
  if (labelSetNameSchema.safeParse(name).success && name !== captionsLabelSet) return;
  throw badRequest('name', `${nameRule}, and not "${captionsLabelSet}"`);
}

async function mustGet(c: Context<AppEnv>, name: string): Promise<LabelSet> {
  checkName(name);
  const found = await getLabelSet(openCatalogue(c.env), name);
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
