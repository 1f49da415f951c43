import { z } from 'zod';
import { DiptychError } from '../errors.ts';
import { issuesOf } from '../http/request-issues.ts';

/** How an image becomes pixel values, according to a `preprocessor_config.json`. */
export interface Preprocessing {
  readonly resize: ResizeRule;
  /** Size of the centre crop after resizing, pixels; absent where the image is not cropped. */
  readonly crop?: Size;
  /** Number of the interpolation in Pillow: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic. */
  readonly resample: number;
  /** Per colour: (x * rescale - mean) / std. */
  readonly rescale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `exact` stretches an image to a size; `shortest` keeps its aspect ratio. Sizes are in pixels. */
export type ResizeRule =
  | { readonly kind: 'exact'; readonly size: Size }
  | { readonly kind: 'shortest'; readonly side: number };

const side = z.number().int().positive();
const colours = z.array(z.number()).length(3);
const sizeSchema = z.object({ width: side, height: side });
const shortestSchema = z.object({ shortest_edge: side });

/** The fields of Hugging Face's image processors for CLIP and SigLIP, with their defaults. */
const schema = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([side, sizeSchema, shortestSchema]),
  do_center_crop: z.boolean().default(false),
  crop_size: z.union([side, sizeSchema]).optional(),
  resample: z.number().int().min(0).max(5).default(3),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: colours.default([0, 0, 0]),
  image_std: colours.default([1, 1, 1]),
});

/**
 * Read a parsed `preprocessor_config.json`.
 *
 * @throws DiptychError `unreadable_model`
 */
export function readPreprocessing(config: unknown): Preprocessing {
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const [{ field, message }] = issuesOf(parsed.error);
    throw new DiptychError('unreadable_model', `preprocessor_config.json: ${field}: ${message}`);
  }
  const fields = parsed.data;
  const cropSize = fields.crop_size ?? fields.size;
  return {
    resize: resizeRule(fields.size),
    ...(fields.do_center_crop && !isShortest(cropSize) ? { crop: square(cropSize) } : {}),
    resample: fields.resample,
    rescale: fields.do_rescale ? fields.rescale_factor : 1,
    mean: fields.do_normalize ? fields.image_mean : [0, 0, 0],
    std: fields.do_normalize ? fields.image_std : [1, 1, 1],
  };
}

type SizeField = z.infer<typeof schema>['size'];

function isShortest(size: SizeField): size is z.infer<typeof shortestSchema> {
  return typeof size === 'object' && 'shortest_edge' in size;
}

/** A plain number is the length of the shortest side, as in CLIP's first configurations. */
function resizeRule(size: SizeField): ResizeRule {
  if (typeof size === 'number') return { kind: 'shortest', side: size };
  if (isShortest(size)) return { kind: 'shortest', side: size.shortest_edge };
  return { kind: 'exact', size };
}

function square(size: number | Size): Size {
  return typeof size === 'number' ? { width: size, height: size } : size;
}
