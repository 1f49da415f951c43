import type { ObjectStore, PutCondition } from './object-store.ts';

/** Write a value as JSON, with the conditions and the result of `ObjectStore.put`. */
export function putJson(
  objects: Pick<ObjectStore, 'put'>,
  key: string,
  value: unknown,
  condition?: PutCondition,
): ReturnType<ObjectStore['put']> {
  return objects.put(key, new TextEncoder().encode(JSON.stringify(value)), condition);
}
