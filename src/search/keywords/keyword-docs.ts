import type { KeywordDoc, Suggestion } from './build-keyword-index.ts';

/** The parts of an item that are searched by words. */
export interface KeywordItem {
  readonly title: string;
  readonly captions: readonly string[];
  readonly tags: readonly string[];
  readonly concept?: string;
  /** Texts that were guessed for this item alone. Such an item forms a group by itself. */
  readonly suggested?: readonly Suggestion[];
}

/** The parts of a concept that are searched by words. */
export interface KeywordConcept {
  readonly names: readonly string[];
  readonly keywords: readonly string[];
  readonly languages: Readonly<
    Record<string, { readonly names: readonly string[]; readonly keywords: readonly string[] }>
  >;
}

/** Group items by concept, so that the texts that many images share are indexed once. */
export function keywordDocs(
  items: readonly KeywordItem[],
  concepts: ReadonlyMap<string, KeywordConcept>,
): KeywordDoc[] {
  const groups = new Map<string, { ordinals: number[]; members: KeywordItem[] }>();
  for (const [ordinal, item] of items.entries()) {
    const shared =
      item.concept !== undefined && concepts.has(item.concept) && item.suggested === undefined;
    const key = shared ? `concept ${item.concept}` : `item ${ordinal}`;
    const group = groups.get(key) ?? { ordinals: [], members: [] };
    group.ordinals.push(ordinal);
    group.members.push(item);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ ordinals, members }) => {
    const [first] = members;
    const concept = first?.concept === undefined ? undefined : concepts.get(first.concept);
    const languages = Object.values(concept?.languages ?? {});
    return {
      items: ordinals,
      names: distinct([...(concept?.names ?? []), ...members.map((item) => item.title)]),
      tags: distinct([
        ...(concept?.keywords ?? []),
        ...members.flatMap((item) => [...item.captions, ...item.tags]),
      ]),
      other: distinct(languages.flatMap(({ names, keywords }) => [...names, ...keywords])),
      ...(first?.suggested && { suggested: first.suggested }),
    };
  });
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
