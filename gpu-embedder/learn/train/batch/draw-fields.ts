import { z } from 'zod';

const positive = z.number().int().positive();

/** The fields of a recipe that say what is drawn: they stand here, so that batches know no recipe. */
export const drawFields = {
  seed: z.number().int().default(1),
  /** Share of the items drawn from emoji, one concept at a time; icons make up the rest. */
  emojiShare: z.number().min(0).max(1).default(0.6),
  /** Classes are the concepts or labels with at least this many training images. */
  minItemsPerClass: positive.default(2),
  /** `wordWeight` classifies the words in the captions of at least this many images. */
  minItemsPerWord: positive.default(8),
  /** Share of English captions, for concepts that have names in other languages. */
  englishShare: z.number().min(0).max(1).default(0.6),
  /** `pictogram`: random views, inks and typing errors; `photograph`: random crops. */
  augment: z.enum(['pictogram', 'photograph', 'none']).default('pictogram'),
  validation: z
    .strictObject({
      /** Images in the validation sample; 0 for no validation. */
      items: z.number().int().nonnegative().default(500),
      /** `train` holds a sample out of the training images; `validation` uses the split of that name. */
      from: z.enum(['train', 'validation']).default('validation'),
    })
    .prefault({}),
};

/** What is drawn from a data set, and how it is varied. */
export type DrawSettings = Readonly<z.infer<z.ZodObject<typeof drawFields>>>;
