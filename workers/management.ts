import type { Hono } from 'hono';
import type { AppEnv } from './env.ts';
import { ingest } from './routes/ingest.ts';
import { jobs } from './routes/jobs.ts';
import { labelSets } from './routes/label-sets.ts';
import { manageItems } from './routes/manage-items.ts';
import { objects } from './routes/objects.ts';

/**
 * Add the routes that need a key: objects, items, uploads, jobs and label sets. A static site has none
 * of them.
 */
export function addManagement(app: Hono<AppEnv>): void {
  app.route('/', objects);
  app.route('/', ingest);
  app.route('/', manageItems);
  app.route('/', jobs);
  app.route('/', labelSets);
}
