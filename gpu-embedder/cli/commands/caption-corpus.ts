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
    .description('give pictures without captions those of the captioned pictures nearest to them')
    .requiredOption('--data <dir>', 'prepared data set, some of whose pictures lack captions')
    .option('--from <dir>', 'prepared data set with captions', '.diptych/data/pictograms')
    .addOption(modelFlag())
    .option('--neighbours <n>', 'captioned pictures that vote', wholeNumber(1), defaults.neighbours)
    .option('--temperature <t>', 'low: the nearest decide', numberAbove0, defaults.temperature)
    .option('--min-confidence <x>', 'leave out less likely ones', share, defaults.minConfidence)
    .option('--captions <n>', 'captions of a picture, at most', wholeNumber(1), defaults.captions)
    .option('--embeddings <dir>', 'of --data, as encode wrote them (default: embed it here)')
    .option('--from-embeddings <dir>', 'of --from, likewise')
    .addOption(deviceFlag())
    .option('--threads <n>', 'threads of the model (default: one per core)', wholeNumber(1))
    .option('--json', 'print the result as JSON')
    .addHelpText('after', helpText)
    .action(captionPictures);
}

const helpText = `
Writes pseudo-captions.jsonl and .json into --data; index puts them below real captions.
A picture counts as without captions when it has no caption, no tag and no named concept.
The training split of --from hands its captions, tags, names and keywords on.`;

async function captionPictures(flags: CaptionCorpusFlags): Promise<void> {
  const { json, neighbours, temperature, minConfidence, captions, ...options } = flags;
  const settings = { neighbours, temperature, minConfidence, captions };
  // Native modules, which --help and a wrong command line need not wait for.
  const { captionCorpus } = await import('../../measure/caption-corpus/caption-corpus.ts');
  const result = await captionCorpus({ ...options, settings });
  process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
}

function summary({ file, unchanged, counts, source }: CaptionCorpusResult): string {
  if (unchanged) return `${file}: already made of the same: nothing to do`;
  const { pictures, captioned, captions } = counts;
  return [
    file,
    `${pictures} pictures without captions = ${captioned} captioned + ${pictures - captioned} left without`,
    `${captions} pseudo-captions from ${counts.source} captioned pictures of ${source.name}`,
  ].join('\n');
}
