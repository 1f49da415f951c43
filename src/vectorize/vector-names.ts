import type { VectorKind } from '../version/keys.ts';
import { DiptychError } from '../errors.ts';
import { limitError } from './limit-error.ts';
import { vectorizeLimits } from './limits.ts';

/** The names of one kind of vectors of an index version in a Vectorize index. */
export interface VectorNames {
  /** Queries search only this namespace. */
  readonly namespace: string;
  id(ordinal: number): string;
  /** @throws DiptychError index_unreadable when the vector belongs to another version or kind */
  ordinal(id: string): number;
}

/**
 * Name vectors `<version>:<kind>:<ordinal>`. An id must be unique in the whole index and not only
 * in its namespace, so it contains the version. The id of a version depends on its content and its
 * collection, so versions never touch each other's vectors.
 *
 * @throws DiptychError vectorize_limit when an id would be too long
 */
export function vectorNames(version: string, kind: VectorKind, count: number): VectorNames {
  const namespace = `${version}:${kind}`;
  const last = `${namespace}:${Math.max(0, count - 1)}`;
  const longest = new TextEncoder().encode(last).length;
  if (longest > vectorizeLimits.idBytes) {
    throw limitError(`bytes of an id of version ${version}`, vectorizeLimits.idBytes, longest);
  }
  const prefix = `${namespace}:`;
  return {
    namespace,
    id: (ordinal) => `${prefix}${ordinal}`,
    ordinal(id) {
      const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
      const ordinal = /^\d{1,8}$/.test(digits) ? Number(digits) : count;
      if (ordinal < count) return ordinal;
      throw new DiptychError(
        'index_unreadable',
        `Vectorize: expected ids ${prefix}0 to ${count - 1}, got ${id}`,
      );
    },
  };
}
