import type { Manifest } from '../../../src/version/manifest.ts';

/** Say what a version needs whose model has no towers for the edge. */
export function sayWhatEncodes({ model, memory }: Pick<Manifest, 'model' | 'memory'>): void {
  if (memory.parts['text tower']) return;
  process.stderr.write(
    `model ${model.id} does not run at the edge: words and pictures as queries need "diptych serve --model" ` +
      'with it, named in EMBEDDER_URL. Keywords, items and vectors are searched without it.\n',
  );
}
