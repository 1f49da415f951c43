import type { Concept } from '../../../data/prepared/prepared.ts';

/** One thing that images show: every training image belongs to exactly one subject. */
export interface Subject {
  readonly concept: Concept;
  /** Ordinals of its training images. */
  readonly items: readonly number[];
  /** Lower-cased captions that describe it. */
  readonly pool: ReadonlySet<string>;
}

/** A concept or label that classification distinguishes. */
export type ImageClass = Pick<Subject, 'items' | 'pool'>;
