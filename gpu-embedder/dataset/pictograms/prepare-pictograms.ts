import { defaults } from '../../../src/config.ts';
import { progressBar } from '../../progress.ts';
import { datasetWriter, type NewItem } from '../dataset-writer.ts';
import { prepareResult, type PrepareResult } from '../prepare-result.ts';
import { datasetFormatVersion, type PrepareReport, type SourceInfo } from '../prepared.ts';
import { isBlank, renderSvg } from '../render-svg.ts';
import { inputKeyOf, reuseDataset } from '../reuse-dataset.ts';
import { chooseIcons } from './choose-icons.ts';
import { corpusPackages, installCorpus, type CorpusPackages } from './corpus-packages.ts';
import { emojiMap, onDemandPackages, selectSets, type CorpusSet } from './corpus-sets.ts';
import { languages, lexiconPackages, derivedPackage, readEmojiLexicon } from './emoji-lexicon.ts';
import { iconSvg, readIconSet } from './icon-set.ts';
import { iconTagPackages, readIconTags } from './icon-tags.ts';
import { pictogramConcepts } from './pictogram-concepts.ts';

export interface PreparePictogramsOptions {
  readonly out: string;
  /** The whole corpus, validation sets included; default: the demo. */
  readonly all?: boolean;
  /** Only these sets. */
  readonly sets?: readonly string[];
  /** Side of an image, pixels. */
  readonly imageSize?: number;
  /** Where packages that npm ci does not bring are installed. */
  readonly corpusDir?: string;
}

interface Pictogram {
  readonly item: NewItem;
  readonly svg: string;
}
type Skip = PrepareReport['skipped'][number];

/** Changes when the same packages give another data set. */
const codeVersion = 2;

/** Images rendered at a time; sharp renders on libuv's threads. */
const inFlight = 64;

/**
 * Prepare the pictogram corpus: choose icons, pool their captions, render them.
 *
 * Does nothing when the data set is there, made from the same packages.
 */
export async function preparePictograms(options: PreparePictogramsOptions): Promise<PrepareResult> {
  const { out, imageSize = defaults.imageSize, corpusDir = '.diptych/corpus' } = options;
  const sets = selectSets({ all: options.all, names: options.sets });
  const names = new Set(sets.map(({ set }) => set));
  const packages = corpusPackages(corpusDir);
  // Not "where it is installed": the demo must be the same on every machine.
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
      languages,
      sets: [...names],
      packages: needed.map((name) => [name, packages.version(name)]),
      derived,
    });
  const reused = reuseDataset(out, keyOf());
  if (reused !== undefined) return reused;
  if (!needed.every(packages.has)) await installCorpus(corpusDir);

  const { pictograms, concepts, skipped } = readPictograms(packages, sets, derived, imageSize);
  const writer = await datasetWriter(out, 'pictograms', imageSize);
  const progress = progressBar('Rendering', pictograms.length);
  try {
    for (let start = 0; start < pictograms.length; start += inFlight) {
      const batch = pictograms.slice(start, start + inFlight);
      const rendered = await Promise.all(batch.map(({ svg }) => tryRender(svg, imageSize)));
      for (const [i, { item, svg }] of batch.entries()) {
        const pixels = rendered[i];
        if (pixels instanceof Error) {
          skipped.push({ where: item.id, reason: pixels.message, code: 'unreadable_image' });
        } else if (isBlank(pixels)) {
          skipped.push({ where: item.id, reason: 'nothing is drawn', code: 'blank' });
        } else {
          await writer.add(item, { bytes: Buffer.from(svg), type: 'image/svg+xml' }, pixels);
        }
      }
      progress.update(start + batch.length);
    }
    const sources = sets.map((set): SourceInfo => {
      const version = packages.version(set.package);
      return { name: set.package, licence: set.licence, ...(version && { version }) };
    });
    const manifest = await writer.finish({ concepts, sources, skipped, inputKey: keyOf() });
    const prepared = manifest.counts.items;
    const report = { inputs: prepared + skipped.length, prepared, skipped };
    return prepareResult(out, manifest, report, false);
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    progress.stop();
  }
}

/** Choose the icons of the sets and say what each is. */
function readPictograms(
  packages: CorpusPackages,
  sets: readonly CorpusSet[],
  derived: boolean,
  imageSize: number,
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
    for (const icon of icons.chosen) {
      const item: NewItem = {
        id: `${set.set}:${icon.name}`,
        captions: [],
        ...meanings.meaningOf(set, icon, hexcodes.get(icon.name)),
        set: set.set,
        palette: set.kind,
        split: set.role,
      };
      pictograms.push({ item, svg: iconSvg(data, icon.name, imageSize) });
    }
  }
  return { pictograms, concepts: meanings.concepts(), skipped };
}

async function tryRender(svg: string, size: number): Promise<Uint8Array | Error> {
  try {
    return await renderSvg(svg, size);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
