import type { Command } from 'commander';
import type {
  CaptionCorpusOptions,
  CaptionCorpusResult,
} from '../../measure/caption-corpus/caption-corpus.ts';
import {
  defaultSettings as defaults,
  type SuggestionSettings,
} from '../../measure/caption-corpus/suggestion-settings.ts';
import { deviceFlag, modelFlag } from '../flags/models.ts';
import { numberAbove0, share, wholeNumber } from '../flags/numbers.ts';

interface CaptionCorpusFlags extends Omit<CaptionCorpusOptions, 'settings'>, SuggestionSettings {
  readonly json?: boolean;
}

/** Register `caption-corpus`. */
export function registerCaptionCorpus(program: Command): void {
  program
    .command('caption-corpus')
    .description(
      'give pictures without captions the captions of the most similar captioned pictures',
    )
    .requiredOption('--data <dir>', 'prepared data set in which some pictures have no captions')
    .option('--from <dir>', 'prepared data set with captions', '.diptych/data/pictograms')
    .addOption(modelFlag())
    .option('--neighbours <n>', 'captioned pictures that vote', wholeNumber(1), defaults.neighbours)
    .option(
      '--temperature <t>',
      'the lower, the more the nearest pictures decide',
      numberAbove0,
      defaults.temperature,
    )
    .option(
      '--min-confidence <x>',
      'leave out captions that are less likely',
      share,
      defaults.minConfidence,
    )
    .option('--captions <n>', 'most captions of a picture', wholeNumber(1), defaults.captions)
    .option('--embeddings <dir>', 'embeddings of --data that encode wrote (default: embed it now)')
    .option('--from-embeddings <dir>', 'embeddings of --from, in the same way')
    .addOption(deviceFlag())
    .option('--threads <n>', 'threads of the model (default: one per core)', wholeNumber(1))
    .option('--json', 'print the result as JSON')
    .addHelpText('after', helpText)
    .action(captionPictures);
}

const helpText = `
It writes pseudo-captions.jsonl and .json into --data; index ranks them below real captions.
A picture is without captions if it has no caption, no tag and no named concept.
The captions, tags, names and keywords of the training split of --from are used.`;

async function captionPictures(flags: CaptionCorpusFlags): Promise<void> {
  const { json, neighbours, temperature, minConfidence, captions, ...options } = flags;
  const settings = { neighbours, temperature, minConfidence, captions };
  // Imported here, so that --help and a wrong command line need not wait for native modules.
  const { captionCorpus } = await import('../../measure/caption-corpus/caption-corpus.ts');
  const result = await captionCorpus({ ...options, settings });
  process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
}

function summary({ file, unchanged, counts, source }: CaptionCorpusResult): string {
  if (unchanged) return `${file}: already made from the same inputs, nothing to do`;
  const { pictures, captioned, captions } = counts;
  return [
    file,
    `${pictures} pictures without captions = ${captioned} captioned + ${pictures - captioned} left without`,
    `${captions} pseudo-captions from ${counts.source} captioned pictures of ${source.name}`,
  ].join('\n');
}
