import { z } from 'zod';
import { shownFields } from '../../../src/version/items.ts';
import { stageFilesSchema } from '../../common/stage-files.ts';
import {
  datasetFormatVersion,
  type Concept,
  type DatasetManifest,
  type Item,
  type PrepareReport,
} from './prepared.ts';

const sizeSchema = z.object({ width: z.int().positive(), height: z.int().positive() });
const count = z.int().nonnegative();
const texts = z.array(z.string());

/** `dataset.json` */
export const manifestSchema: z.ZodType<DatasetManifest> = z.object({
  formatVersion: z.literal(datasetFormatVersion),
  name: z.string(),
  kind: z.enum(['pictograms', 'folder', 'coco', 'tar', 'parquet']),
  imageSize: z.int().positive(),
  counts: z.object({
    items: count,
    concepts: count,
    captions: count,
    views: count.optional(),
  }),
  sources: z.array(
    z.object({ name: z.string(), version: z.string().optional(), licence: z.string().optional() }),
  ),
  fingerprint: z.string(),
  inputKey: z.string().optional(),
  files: stageFilesSchema.optional(),
  imageRule: z
    .object({
      resize: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('exact'), size: sizeSchema }),
        z.object({ kind: z.literal('shortest'), side: z.int().positive() }),
      ]),
      crop: sizeSchema.optional(),
      resample: count,
    })
    .optional(),
});

const { width, height } = shownFields;

/** A line of `items.jsonl` */
export const itemSchema: z.ZodType<Item> = z.object({
  id: z.string().min(1),
  title: z.string(),
  set: z.string().optional(),
  width: width.unwrap().optional(),
  height: height.unwrap().optional(),
  captions: texts,
  tags: texts,
  image: z.union([
    z.object({ file: z.string(), type: z.string() }),
    z.object({ offset: count, length: count, type: z.string() }),
  ]),
  concept: z.string().optional(),
  label: z.string().optional(),
  palette: z.enum(['colour', 'mono']),
  split: z.enum(['train', 'validation']),
  views: z.array(count).optional(),
});

/** A line of `concepts.jsonl` */
export const conceptSchema: z.ZodType<Concept> = z.object({
  id: z.string(),
  names: texts,
  keywords: texts,
  languages: z.record(z.string(), z.object({ names: texts, keywords: texts })),
  group: z.string().optional(),
  subgroup: z.string().optional(),
});

/** `report.json` */
export const reportSchema: z.ZodType<PrepareReport> = z.object({
  inputs: count,
  prepared: count,
  views: count.optional(),
  skipped: z.array(z.object({ where: z.string(), reason: z.string(), code: z.string() })),
});
