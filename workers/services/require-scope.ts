import type { MiddlewareHandler } from 'hono';
import { findApiKey, noteApiKeyUse, type ApiKeyScope } from '../../src/catalogue/api-keys.ts';
import { textHash } from '../../src/catalogue/content-hash.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../app.ts';
import { openCatalogue } from './open-catalogue.ts';

/**
 * Let a request pass that brings a key with a scope, as `Authorization: Bearer …`: a key of the
 * catalogue, or the secret DIPTYCH_ADMIN_TOKEN, which has every scope.
 */
export function requireScope(scope: ApiKeyScope): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const token = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1];
    if (token === undefined) {
      c.header('www-authenticate', 'Bearer');
      throw new DiptychError('unauthorized', 'authorization: expected "Bearer" and an API key');
    }
    // Hashes are compared, whose common beginnings tell nothing of the token.
    const hash = await textHash(token);
    const admin = c.env.DIPTYCH_ADMIN_TOKEN;
    if (!admin || hash !== (await textHash(admin))) {
      const catalogue = openCatalogue(c.env);
      const key = await findApiKey(catalogue, token);
      if (!key)
        throw new DiptychError('unauthorized', 'authorization: the key is unknown or revoked');
      if (!key.scopes.includes(scope) && !key.scopes.includes('admin')) {
        throw new DiptychError('forbidden', `authorization: expected a key with scope ${scope}`);
      }
      await noteApiKeyUse(catalogue, key);
    }
    await next();
  };
}
