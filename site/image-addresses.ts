import type { SearchResponse } from '../src/http/api.ts';
import type { ItemTable } from '../src/version/tables/item-table.ts';

/**
 * Create a function that replaces the addresses of images in an answer. Only a worker serves the
 * addresses of the API, so the new ones lead to the bytes in memory.
 *
 * @param previews - previews.bin
 */
export function createImageAddresses(
  items: ItemTable,
  previews: Blob,
): (answer: SearchResponse) => SearchResponse {
  const addresses = new Map<number, string>();

  function addressOf(id: string): string | undefined {
    const ordinal = items.find(id);
    if (ordinal === undefined) return undefined;
    const known = addresses.get(ordinal);
    if (known !== undefined) return known;
    const { offset, length, type } = items.at(ordinal).preview;
    const address = URL.createObjectURL(previews.slice(offset, offset + length, type));
    addresses.set(ordinal, address);
    return address;
  }

  return (answer) => ({
    ...answer,
    matches: answer.matches.map((match) => {
      const id = match.metadata.items?.[0] ?? match.id;
      const imageUrl = addressOf(id) ?? match.metadata.imageUrl;
      return { ...match, metadata: { ...match.metadata, imageUrl } };
    }),
  });
}
