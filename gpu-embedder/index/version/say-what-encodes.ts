import { encodesTexts } from '../../../src/search/open/memory-budget.ts';
import type { Manifest } from '../../../src/version/manifest.ts';

/** Say which queries of a version need an embedder, because the isolate lacks a tower for them. */
export function sayWhatEncodes({ model, memory }: Pick<Manifest, 'model' | 'memory'>): void {
  if (memory.parts['image tower']) return;
  const what = encodesTexts({ memory }) ? 'pictures' : 'texts and pictures';
  process.stderr.write(
    `model ${model.id}: ${what} as queries need "diptych serve --model" with it, named in EMBEDDER_URL. ` +
      'Keywords, items and vectors are searched without it.\n',
  );
}
