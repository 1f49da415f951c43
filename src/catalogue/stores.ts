import type { ObjectStore } from '../objects/object-store.ts';
import type { Catalogue } from './catalogue.ts';

/** Where collections are kept: the rows of the catalogue and the objects of the store. */
export interface Stores {
  readonly catalogue: Catalogue;
  readonly objects: ObjectStore;
}
