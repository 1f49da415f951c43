import { DiptychError } from '../errors.ts';
import type { Catalogue } from './catalogue.ts';
import { textHash } from './content-hash.ts';
import { insertRows } from './insert-rows.ts';
import { catalogueLimits, checkLength } from './limits.ts';
import { sortableId } from './sortable-id.ts';
import type { ApiKeyRow } from './schema/tables.ts';

export const apiKeyScopes = ['read', 'write', 'admin'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export interface ApiKey extends Omit<ApiKeyRow, 'hash' | 'scopes'> {
  readonly scopes: readonly ApiKeyScope[];
}

/** A key is 256 random bits in base64url. The prefix lets a scanner for leaked keys recognise it. */
const keyPattern = /^diptych_[A-Za-z0-9_-]{43}$/;

/**
 * Make an API key.
 *
 * @returns the key; the catalogue keeps only its hash, so nobody can show the key again
 * @throws DiptychError bad_request
 */
export async function createApiKey(
  catalogue: Catalogue,
  name: string,
  scopes: readonly ApiKeyScope[],
): Promise<{ id: string; key: string }> {
  checkLength('name of the key', name, catalogueLimits.name);
  if (name.trim() === '' || scopes.length === 0) {
    throw new DiptychError(
      'bad_request',
      'API key: expected a name and at least one scope, got only one of them or neither',
    );
  }
  const createdAt = catalogue.now();
  const id = sortableId(createdAt);
  const key = `diptych_${base64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
  const row = {
    id,
    hash: await textHash(key),
    name,
    scopes: apiKeyScopes.filter((scope) => scopes.includes(scope)).join(','),
    createdAt,
    lastUsedAt: null,
    revokedAt: null,
  };
  await catalogue.atomically(insertRows(catalogue, 'apiKeys', [row]));
  return { id, key };
}

/** Find the key that a request gave; undefined if it is unknown or revoked. */
export async function findApiKey({ db }: Catalogue, key: string): Promise<ApiKey | undefined> {
  if (!keyPattern.test(key)) return undefined;
  // The search is by hash, so the time that it takes tells an attacker nothing about other keys.
  const row = await db
    .selectFrom('apiKeys')
    .select(keyColumns)
    .where('hash', '=', await textHash(key))
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
  return row && toApiKey(row);
}

/** A use is noted at most once in this time, milliseconds, so that not every request writes a row. */
const noteEvery = 60_000;

/** Note that a key was used. */
export async function noteApiKeyUse(
  { db, now }: Catalogue,
  { id, lastUsedAt }: Pick<ApiKey, 'id' | 'lastUsedAt'>,
): Promise<void> {
  const time = now();
  if (lastUsedAt !== null && Math.abs(time - lastUsedAt) < noteEvery) return;
  await db.updateTable('apiKeys').set({ lastUsedAt: time }).where('id', '=', id).execute();
}

/** Refuse a key from now on. @returns whether the key existed and was not yet revoked */
export async function revokeApiKey({ db, now }: Catalogue, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('apiKeys')
    .set({ revokedAt: now() })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** List all keys, including revoked ones, oldest first. */
export async function listApiKeys({ db }: Catalogue): Promise<ApiKey[]> {
  return (await db.selectFrom('apiKeys').select(keyColumns).orderBy('id').execute()).map(toApiKey);
}

const keyColumns = ['id', 'name', 'scopes', 'createdAt', 'lastUsedAt', 'revokedAt'] as const;

function toApiKey({ scopes, ...row }: Omit<ApiKeyRow, 'hash'>): ApiKey {
  return { ...row, scopes: scopes.split(',') as ApiKeyScope[] };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
