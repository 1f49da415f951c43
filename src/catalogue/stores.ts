import type { ObjectStore } from '../objects/object-store.ts';
import type { Catalogue } from './catalogue.ts';

/** Where collections are kept: the rows of the catalogue, and the objects that rows and versions name. */
export interface Stores {
  readonly catalogue: Catalogue;
  readonly objects: ObjectStore;
}
