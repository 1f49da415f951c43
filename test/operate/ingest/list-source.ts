import { folderSource } from '../../../gpu-embedder/data/prepare/prepare-images.ts';

/** A program, `list-source.ts IMAGES CAPTIONS`: print what a source gives, and the memory that it took. */
async function listSource(images: string, captions: string): Promise<void> {
  const source = await folderSource({ images, captions });
  const counts: Record<string, number> = {};
  let saidOfItems = 0;
  for await (const entry of source.entries(() => {})) {
    const kind = 'id' in entry ? 'item' : entry.code;
    counts[kind] = (counts[kind] ?? 0) + 1;
    if ('id' in entry) saidOfItems += entry.captions.length;
  }
  source.close?.();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ counts, saidOfItems, peakBytes }));
}

void listSource(process.argv[2], process.argv[3]);
