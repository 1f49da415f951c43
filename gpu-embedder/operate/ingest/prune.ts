import { DiptychError } from '../../../src/errors.ts';
import type { Skip, SourceItem } from '../../data/readers/source.ts';
import type { StoredItems } from './stored-items.ts';

/** Reasons to skip an input that say what the source has: it was read, and it is no item. */
const wasRead = new Set([
  ...['caption_without_image', 'image_without_caption', 'second_image'],
  ...['duplicate_id', 'unknown_split'],
]);

export interface PruneOptions {
  /** Only items whose id begins with it may be removed. */
  readonly idPrefix?: string;
  /** Find what would be removed, and remove nothing. */
  readonly dryRun?: boolean;
}

/** Notes what a source has while it is read, and removes from a collection what it has not. */
export interface Pruner {
  note(input: SourceItem | Skip): void;
  /**
   * Call it when the whole source was read.
   *
   * @returns ids of the items that were removed
   * @throws DiptychError unreadable_source - the source gave no item, or a part of it could not be
   *   read, so that nobody knows what it has lost; nothing was removed
   */
  prune(stored: StoredItems, options?: PruneOptions): Promise<string[]>;
}

export function createPruner(): Pruner {
  const ids = new Set<string>();
  const unread = new Map<string, number>();
  return {
    note(input) {
      if ('id' in input) ids.add(input.id);
      else if (!wasRead.has(input.code)) unread.set(input.code, (unread.get(input.code) ?? 0) + 1);
    },
    async prune(stored, { idPrefix, dryRun = false } = {}) {
      if (ids.size === 0) throw refuse('the source gave no item');
      if (unread.size > 0) {
        const codes = [...unread].map(([code, count]) => `${count} ${code}`).join(', ');
        throw refuse(`a part of the source could not be read (${codes})`);
      }
      const gone: string[] = [];
      // All pages are read first, so that a failure on the way removes nothing.
      for await (const page of stored.pages(idPrefix)) {
        for (const { id } of page) if (!ids.has(id)) gone.push(id);
      }
      for (let at = 0; at < gone.length && !dryRun; at += 500) {
        await stored.remove(gone.slice(at, at + 500));
      }
      return gone;
    },
  };
}

function refuse(why: string): DiptychError {
  return new DiptychError(
    'unreadable_source',
    `--prune: ${why}, so nothing was removed: mend the source and run the command again`,
  );
}
