/**
 * Draw the contact sheet of the model card: `node --import tsx scripts/card-sheet.ts --help`.
 *
 * The queries are names, at even steps from the best result to the worst, so that right and wrong
 * answers have their true shares.
 */
import { Command } from 'commander';
import { openDataset } from '../gpu-embedder/data/prepared/read-dataset.ts';
import { chooseItems } from '../gpu-embedder/measure/embeddings/choose-items.ts';
import { measureRetrieval } from '../gpu-embedder/measure/tasks/evaluate-retrieval.ts';
import { embedGallery } from '../gpu-embedder/measure/embeddings/gallery.ts';
import { openEvaluatedModel } from '../gpu-embedder/measure/embeddings/open-evaluated-model.ts';
import { writeSheet } from '../gpu-embedder/measure/results/write-sheet.ts';

const flags = new Command('card-sheet')
  .option('--model <dir>', 'model folder', 'models/pictogram')
  .option('--data <dir>', 'prepared corpus', '.diptych/data/pictograms')
  .option('--set <name>', 'gallery', 'fluent-emoji-flat')
  .option('--rows <n>', 'queries', '12')
  .option('--out <file>', 'picture', 'docs/images/answers.png')
  .parse()
  .opts<{ model: string; data: string; set: string; rows: string; out: string }>();

const dataset = openDataset(flags.data);
const items = chooseItems(dataset, { set: flags.set });
const model = await openEvaluatedModel(flags.model, {});
try {
  const gallery = await embedGallery(model, dataset, items);
  const measured = await measureRetrieval(model, gallery, 'en', { ks: [1], worst: items.length });
  const bestFirst = measured.worst.toReversed();
  const count = Number(flags.rows);
  const rows = Array.from(
    { length: count },
    (_, i) => bestFirst[Math.floor(((i + 0.5) * bestFirst.length) / count)],
  );
  const title = `${flags.set}: ${count} of ${bestFirst.length} names, from the best result to the worst`;
  await writeSheet(flags.out, title, dataset, rows);
} finally {
  await model.dispose();
}
