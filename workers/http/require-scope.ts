import type { MiddlewareHandler } from 'hono';
import { findApiKey, noteApiKeyUse, type ApiKeyScope } from '../../src/catalogue/api-keys.ts';
import { textHash } from '../../src/catalogue/content-hash.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv, Env } from '../env.ts';
import { hasCatalogue, openCatalogue } from '../stores/open-catalogue.ts';

/**
 * Let a request pass only if it carries a key with a scope, as `Authorization: Bearer …`. A key with
 * the scope `admin` may do everything. So may the token of the environment, with which the first key
 * is created.
 *
 * @throws DiptychError unauthorized, forbidden
 */
export function requireScope(scope: ApiKeyScope): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const scopes = token === undefined ? null : await scopesOf(c.env, token);
    if (!scopes) {
      c.header('www-authenticate', 'Bearer');
      throw new DiptychError(
        'unauthorized',
        `authorization: expected a key of scope ${scope}, got ${token === undefined ? 'none' : 'one that is unknown or revoked'}`,
      );
    }
    if (!scopes.includes(scope) && !scopes.includes('admin')) {
      throw new DiptychError(
        'forbidden',
        `authorization: expected a key of scope ${scope}, got one of ${scopes.join(', ')}`,
      );
    }
    await next();
  };
}

/** Find the scopes of a key. @returns null if the key is unknown or revoked */
async function scopesOf(env: Env, token: string): Promise<readonly ApiKeyScope[] | null> {
  const { DIPTYCH_ADMIN_TOKEN: admin } = env;
  if (admin && (await isSame(token, admin))) return ['admin'];
  if (!hasCatalogue(env)) return null;
  const catalogue = openCatalogue(env);
  const key = await findApiKey(catalogue, token);
  if (!key) return null;
  await noteApiKeyUse(catalogue, key);
  return key.scopes;
}

/** Compare digests, so that the time does not show how many characters of a token are right. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([textHash(one), textHash(other)]);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
