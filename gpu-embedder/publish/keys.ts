/** Keys of the store; the worker reads the same. */
export const activeKey = (collection: string) => `collections/${collection}/active.json`;
export const versionKey = (collection: string, version: string, file: string) =>
  `collections/${collection}/${version}/${file}`;
export const modelKey = (hash: string, file: string) => `models/${hash}/${file}`;
