import type { Hono } from 'hono';
import { buildRequestSchema } from '../../../src/embedder/build-request.ts';
import { parseJson, parseRequest } from '../../../src/http/parse-request.ts';
import { admitted } from './http/admitted.ts';
import type { ServiceContext } from './service-context.ts';

/** Add the routes that start, show and cancel builds. */
export function addBuildRoutes(app: Hono, context: ServiceContext): void {
  const { builds } = context;
  app.post('/v1/build', (c) =>
    admitted(c, context, 'application/json', async (body) =>
      c.json({ build: builds.start(parseRequest(buildRequestSchema, parseJson(body))) }, 202),
    ),
  );
  app.get('/v1/build/:id', (c) => c.json({ build: builds.status(c.req.param('id')) }));
  app.delete('/v1/build/:id', (c) => c.json({ build: builds.cancel(c.req.param('id')) }, 202));
}
