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
import { sha256 } from '../../src/artifact/sha256.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../app.ts';

/** What an API key may do; `admin` may do everything. */
export type Scope = 'read' | 'write' | 'admin';

/**
 * Let requests pass that carry a key of a scope. The token of the environment has all scopes: with
 * it the first key is made. Where none is set, nothing passes.
 *
 * @throws DiptychError unauthorized
 */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const expected = c.env.DIPTYCH_ADMIN_TOKEN;
    if (!expected || token === undefined || !(await isSame(token, expected))) {
      c.header('www-authenticate', 'Bearer');
      throw new DiptychError(
        'unauthorized',
        `authorization: expected a key of scope ${scope}, got ${token === undefined ? 'none' : 'another one'}`,
      );
    }
    await next();
  };
}

/** Compare digests, so that the time tells nothing of how much of a token is right. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((text) => sha256(utf8.encode(text))));
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

const utf8 = new TextEncoder();
