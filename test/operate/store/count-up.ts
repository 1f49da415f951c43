import { folderStore } from '../../../gpu-embedder/operate/store/folder-store.ts';

/** Raise the counter of a folder: `count-up.ts DIR TIMES`, run by several processes at once. */
const [dir, times] = process.argv.slice(2);
const store = folderStore(dir);
for (let done = 0; done < Number(times);) {
  const ifEtag = (await store.head('counter'))!.etag;
  const next = Number(Buffer.from((await store.get('counter'))!)) + 1;
  if (await store.put('counter', Buffer.from(String(next)), { ifEtag })) done += 1;
}
