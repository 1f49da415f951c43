import type { Hono } from 'hono';
import { objectHeaders } from '../src/objects/http.ts';
import type { AppEnv } from './app.ts';
import { postItems, postUpload, putUpload } from './routes/ingest.ts';
import {
  getEvents,
  getJobs,
  getOneJob,
  getReport,
  postCancel,
  postReindex,
} from './routes/jobs.ts';
import {
  deleteObject,
  listObjects,
  putObject,
  readObject,
  uploadInParts,
} from './routes/objects.ts';
import {
  deleteLabelSet,
  getLabelSets,
  getOneLabelSet,
  putOneLabelSet,
} from './routes/label-sets.ts';
import { deleteItem, getItems, postDelete } from './routes/manage-items.ts';
import { requireScope } from './services/require-scope.ts';

/** Add what wants a key: objects, items, uploads, jobs and label sets. A site without a server has none of it. */
export function addManagement(app: Hono<AppEnv>): void {
  const [read, write] = [requireScope('read'), requireScope('write')];
  app.use('/v1/objects/*', async (c, next) => {
    c.header(objectHeaders.served, '1');
    await next();
  });
  app.use('/v1/objects/*', requireScope('admin'));
  app.get('/v1/objects', listObjects);
  app.get('/v1/objects/*', readObject);
  app.put('/v1/objects/*', putObject);
  app.post('/v1/objects/*', uploadInParts);
  app.delete('/v1/objects/*', deleteObject);

  app.post('/v1/uploads', write, postUpload);
  app.put('/v1/uploads/:id', write, putUpload);
  app.post('/v1/collections/:collection/items', write, postItems);
  app.get('/v1/collections/:collection/items', read, getItems);
  app.post('/v1/collections/:collection/items/delete', write, postDelete);
  app.delete('/v1/collections/:collection/items/:id', write, deleteItem);
  app.post('/v1/collections/:collection/reindex', write, postReindex);
  app.get('/v1/collections/:collection/jobs', read, getJobs);
  app.get('/v1/jobs/:id', read, getOneJob);
  app.get('/v1/jobs/:id/events', read, getEvents);
  app.get('/v1/jobs/:id/report', read, getReport);
  app.post('/v1/jobs/:id/cancel', write, postCancel);
  app.get('/v1/label-sets', read, getLabelSets);
  app.get('/v1/label-sets/:name', read, getOneLabelSet);
  app.put('/v1/label-sets/:name', write, putOneLabelSet);
  app.delete('/v1/label-sets/:name', write, deleteLabelSet);
}
