/** Values by key, each made once: requests that come meanwhile wait for the same promise. */
export interface Shared<V> {
  get(key: string, make: () => Promise<V>): Promise<V>;
  forget(key: string): void;
  /** All keys, the least recently used first. */
  keys(): string[];
}

/** Create a {@link Shared}. A failure is forgotten, so that the next request tries again. */
export function createShared<V>(): Shared<V> {
  const values = new Map<string, Promise<V>>();
  return {
    get(key, make) {
      let value = values.get(key);
      if (value) {
        values.delete(key);
      } else {
        value = make();
        const made = value;
        made.catch(() => {
          if (values.get(key) === made) values.delete(key);
        });
      }
      values.set(key, value);
      return value;
    },
    forget(key) {
      values.delete(key);
    },
    keys: () => [...values.keys()],
  };
}
