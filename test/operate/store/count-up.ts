import { folderStore } from '../../../gpu-embedder/operate/store/folder-store.ts';

/** Raise the counter of a folder: several processes run `count-up.ts DIR TIMES` at the same time. */
const [dir, times] = process.argv.slice(2);
const store = folderStore(dir);
for (let done = 0; done < Number(times);) {
  const ifEtag = (await store.head('counter'))!.etag;
  const next = Number(Buffer.from((await store.get('counter'))!)) + 1;
  if (await store.put('counter', Buffer.from(String(next)), { ifEtag })) done += 1;
}
