import { createCollection } from '../../../src/catalogue/collections.ts';
import {
  ingestItems,
  previewItem,
  type Ingestion,
  type IngestResult,
} from '../../../src/items/ingest/ingest-items.ts';
import type { IngestTarget } from './ingest-source.ts';

/**
 * Create a target that takes items into the catalogue of this machine. The first good item creates the
 * collection, so that a source that has none leaves no empty collection behind.
 */
export function catalogueTarget(ingestion: Ingestion, collection: string): IngestTarget {
  let isCreated = false;
  return async (items) => {
    if (!isCreated) {
      const read = await Promise.all(items.map((item) => previewItem(item, ingestion)));
      const refused = read.filter((one): one is IngestResult & typeof one => 'status' in one);
      if (refused.length === items.length) return refused;
      await createCollection(ingestion.catalogue, collection);
      isCreated = true;
    }
    return ingestItems(ingestion, collection, items);
  };
}
