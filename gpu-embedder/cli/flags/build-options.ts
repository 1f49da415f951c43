import { Option } from 'commander';
import { quantisations } from '../../../src/version/quantise.ts';
import { builderChoices, buildRanges } from '../../../src/jobs/build-options.ts';
import { shareAbove0, wholeNumber } from './numbers.ts';

/**
 * Flags of the options that `buildOptionsSchema` checks. They have no default here, because `reindex`
 * must leave the defaults to the builder.
 */
export const buildFlags = {
  M: () => new Option('--M <n>', 'links per node').argParser(wholeNumber(...buildRanges.M)),
  efConstruction: () =>
    new Option('--ef-construction <n>', 'candidates when a node is inserted').argParser(
      wholeNumber(...buildRanges.efConstruction),
    ),
  recall: () =>
    new Option('--recall <share>', 'annRecall@10 that searches must reach').argParser(shareAbove0),
  quantisation: () =>
    new Option('--quantisation <kind>', 'how vectors are stored, most exact first').choices(
      quantisations,
    ),
  builder: (usearchFrom: number) =>
    new Option(
      '--builder <name>',
      `library that builds the graphs; auto: usearch from ${usearchFrom} vectors on`,
    ).choices(builderChoices),
  shards: () =>
    new Option('--shards <n>', 'isolates that share the vectors (docs/shards.md)').argParser(
      wholeNumber(...buildRanges.shards),
    ),
};
