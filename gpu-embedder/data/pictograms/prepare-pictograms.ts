import { defaults } from '../../../src/config.ts';
import { withFolderLock } from '../../common/folder-lock.ts';
import { datasetWriter } from '../prepared/dataset-writer.ts';
import { prepareResult, type PrepareResult } from '../prepare/prepare-result.ts';
import { datasetFormatVersion, type PrepareReport, type SourceInfo } from '../prepared/prepared.ts';
import { inputKeyOf, reuseDataset } from '../prepare/reuse-dataset.ts';
import { chooseIcons } from './choose-icons.ts';
import { corpusPackages, installCorpus, type CorpusPackages } from './corpus-packages.ts';
import { emojiMap, onDemandPackages, selectSets, type CorpusSet } from './corpus-sets.ts';
import { languages, lexiconPackages, derivedPackage, readEmojiLexicon } from './emoji-lexicon.ts';
import { iconSvg, readIconSet } from './icon-set.ts';
import { iconTagPackages, readIconTags } from './icon-tags.ts';
import { pictogramConcepts } from './pictogram-concepts.ts';
import { variantSkip, writePictograms, type Pictogram } from './write-pictograms.ts';

export interface PreparePictogramsOptions {
  readonly out: string;
  /** The whole corpus, validation sets included; default: the demo. */
  readonly all?: boolean;
  /** Also render the style variants of training icons, as views of their items. */
  readonly variants?: boolean;
  /** Only these sets. */
  readonly sets?: readonly string[];
  /** Side of an image, pixels. */
  readonly imageSize?: number;
  /** Folder for the packages that npm ci does not install. */
  readonly corpusDir?: string;
}

type Skip = PrepareReport['skipped'][number];

/** Increase it whenever the code makes another data set of the same packages. */
const codeVersion = 4;

/**
 * Prepare the pictogram corpus: choose icons, pool their captions, render them.
 *
 * Does nothing when the data set already exists and was made from the same packages.
 */
export async function preparePictograms(options: PreparePictogramsOptions): Promise<PrepareResult> {
  return withFolderLock(options.out, { command: 'diptych prepare', beside: true }, () =>
    prepareUnlocked(options),
  );
}

async function prepareUnlocked(options: PreparePictogramsOptions): Promise<PrepareResult> {
  const { out, imageSize = defaults.imageSize, corpusDir = '.diptych/corpus' } = options;
  const variants = options.variants === true;
  const sets = selectSets({ all: options.all, names: options.sets });
  const names = new Set(sets.map(({ set }) => set));
  const packages = corpusPackages(corpusDir);
  // This does not ask whether the package is installed: the demo must be the same everywhere.
  const derived = sets.some((set) => set.package in onDemandPackages());
  const needed = [
    ...new Set([
      ...sets.map((set) => set.package),
      ...lexiconPackages,
      ...iconTagPackages(names),
      ...(derived ? [derivedPackage] : []),
    ]),
  ];
  const keyOf = (): string =>
    inputKeyOf({
      codeVersion,
      datasetFormatVersion,
      imageSize,
      variants,
      languages,
      sets: [...names],
      packages: needed.map((name) => [name, packages.version(name)]),
      derived,
    });
  const reused = await reuseDataset(out, keyOf());
  if (reused !== undefined) return reused;
  if (!needed.every(packages.has)) await installCorpus(corpusDir);

  const read = readPictograms(packages, sets, derived, { imageSize, variants });
  const { pictograms, concepts } = read;
  const writer = await datasetWriter(out, 'pictograms', imageSize);
  try {
    const skipped = [...read.skipped, ...(await writePictograms(writer, pictograms, imageSize))];
    const sources = sets.map((set): SourceInfo => {
      const version = packages.version(set.package);
      return { name: set.package, licence: set.licence, ...(version && { version }) };
    });
    const manifest = await writer.finish({ concepts, sources, skipped, inputKey: keyOf() });
    const { items: prepared, views } = manifest.counts;
    const inputs = prepared + (views ?? 0) + skipped.length;
    const report = { inputs, prepared, ...(views !== undefined && { views }), skipped };
    return prepareResult(out, manifest, report, false);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Choose the icons of the sets and make an item of each. */
function readPictograms(
  packages: CorpusPackages,
  sets: readonly CorpusSet[],
  derived: boolean,
  { imageSize, variants }: { readonly imageSize: number; readonly variants: boolean },
) {
  const codes = emojiMap();
  const meanings = pictogramConcepts(
    readEmojiLexicon(packages, derived),
    readIconTags(packages, new Set(sets.map(({ set }) => set))),
  );
  const pictograms: Pictogram[] = [];
  const skipped: Skip[] = [];
  for (const set of sets) {
    const data = readIconSet(packages, set);
    const hexcodes = new Map(
      Object.entries(codes[set.set] ?? {}).flatMap(([hexcode, names]) =>
        names.map((name) => [name, hexcode] as const),
      ),
    );
    const icons = chooseIcons(set, data, new Set(hexcodes.keys()));
    skipped.push(...icons.skipped);
    const drawing = (name: string) => ({
      id: `${set.set}:${name}`,
      svg: iconSvg(data, name, imageSize),
    });
    // Validation items have no views, so that every model is measured on the same drawings.
    const hasViews = variants && set.role === 'train';
    for (const icon of icons.chosen) {
      const { id, svg } = drawing(icon.name);
      const item = {
        id,
        captions: [],
        ...meanings.meaningOf(set, icon, hexcodes.get(icon.name)),
        set: set.set,
        palette: set.kind,
        split: set.role,
      };
      pictograms.push({ item, svg, views: hasViews ? icon.variants.map(drawing) : [] });
      if (hasViews) continue;
      skipped.push(...icon.variants.map((name) => variantSkip(`${set.set}:${name}`, icon.name)));
    }
  }
  return { pictograms, concepts: meanings.concepts(), skipped };
}
