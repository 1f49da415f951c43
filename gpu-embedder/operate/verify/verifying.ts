import type { Stores } from '../../../src/catalogue/stores.ts';
import type { Findings } from './differences.ts';

/** What the checks of a collection work with. */
export interface Verifying extends Stores, Findings {
  readonly collection: string;
  /** Compare sizes alone, and read no pack and no file of a version. */
  readonly quick: boolean;
  /** Rows of a page. */
  readonly page: number;
}
