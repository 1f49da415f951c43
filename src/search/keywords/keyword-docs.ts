import type { KeywordDoc, Suggestion } from './build-keyword-index.ts';

/** What of an item is searched by words. */
export interface KeywordItem {
  readonly title: string;
  readonly captions: readonly string[];
  readonly tags: readonly string[];
  readonly concept?: string;
  /** What was guessed of it alone, whatever its concept shares. */
  readonly suggested?: readonly Suggestion[];
}

/** What of a concept is. */
export interface KeywordConcept {
  readonly names: readonly string[];
  readonly keywords: readonly string[];
  readonly languages: Readonly<
    Record<string, { readonly names: readonly string[]; readonly keywords: readonly string[] }>
  >;
}

/** Group items by concept, so that texts which many images share are indexed once. */
export function keywordDocs(
  items: readonly KeywordItem[],
  concepts: ReadonlyMap<string, KeywordConcept>,
): KeywordDoc[] {
  const groups = new Map<string, number[]>();
  for (const [ordinal, item] of items.entries()) {
    const shared =
      item.concept !== undefined && concepts.has(item.concept) && item.suggested === undefined;
    const key = shared ? `concept ${item.concept}` : `item ${ordinal}`;
    groups.set(key, [...(groups.get(key) ?? []), ordinal]);
  }
  return [...groups.values()].map((ordinals) => {
    const members = ordinals.map((ordinal) => items[ordinal]);
    const concept = members[0].concept === undefined ? undefined : concepts.get(members[0].concept);
    const languages = Object.values(concept?.languages ?? {});
    return {
      items: ordinals,
      names: distinct([...(concept?.names ?? []), ...members.map((item) => item.title)]),
      tags: distinct([
        ...(concept?.keywords ?? []),
        ...members.flatMap((item) => [...item.captions, ...item.tags]),
      ]),
      other: distinct(languages.flatMap(({ names, keywords }) => [...names, ...keywords])),
      ...(members[0].suggested && { suggested: members[0].suggested }),
    };
  });
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
