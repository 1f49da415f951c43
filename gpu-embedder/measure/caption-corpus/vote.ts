import type { Suggestion } from '../../../src/search/keywords/build-keyword-index.ts';
import type { Texts } from './captioned-items.ts';

/** A captioned picture that is near to a picture without captions. */
export interface Neighbour {
  /** Cosine of the two pictures. */
  readonly similarity: number;
  /** Pictures of one concept show the same thing. */
  readonly concept?: string;
  readonly texts: Texts;
}

export interface VoteOptions {
  /** Temperature of the softmax: a cosine that is lower by this much has 1/e of the weight. */
  readonly temperature: number;
  /** Largest number of texts to return. */
  readonly captions: number;
  readonly minConfidence: number;
}

/** From this cosine on, two pictures count as identical; the rest is rounding. */
const samePicture = 0.9999;

/**
 * Let neighbours vote on what a picture shows.
 *
 * A softmax over the cosines gives each neighbour its weight. Neighbours of one concept vote
 * together for all of their texts. The confidence of a text is the total weight of the neighbours
 * that vote for it, so a text that several concepts share gets the sum of their weights. If an
 * identical picture is among the neighbours, only that one votes.
 *
 * @returns distinct texts, the most likely first; confidences are 0 to 1
 */
export function vote(neighbours: readonly Neighbour[], options: VoteOptions): Suggestion[] {
  const { temperature, captions, minConfidence } = options;
  const sorted = [...neighbours].sort((a, b) => b.similarity - a.similarity);
  const best = sorted[0]?.similarity ?? 0;
  const voters = best < samePicture ? sorted : sorted.filter((n) => n.similarity >= samePicture);
  const weights = voters.map(({ similarity }) => Math.exp((similarity - best) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);

  const tally = new Map<string, { readonly text: string; weight: number }>();
  for (const { weight, texts } of groupByConcept(voters, weights)) {
    for (const [key, text] of texts) {
      const entry = tally.get(key) ?? { text, weight: 0 };
      entry.weight += weight;
      tally.set(key, entry);
    }
  }
  return [...tally.values()]
    .map(({ text, weight }) => ({ text, confidence: Math.min(1, weight / total) }))
    .filter(({ confidence }) => confidence >= minConfidence)
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, captions);
}

interface VoterGroup {
  weight: number;
  readonly texts: Map<string, string>;
}

/** Group voters by concept, the heaviest group first; a voter without a concept is a group. */
function groupByConcept(
  voters: readonly Neighbour[],
  weights: readonly number[],
): readonly VoterGroup[] {
  const groups = new Map<unknown, VoterGroup>();
  for (const [i, voter] of voters.entries()) {
    const key = voter.concept ?? voter;
    const group = groups.get(key) ?? { weight: 0, texts: new Map<string, string>() };
    group.weight += weights[i];
    for (const [normal, text] of voter.texts) {
      if (!group.texts.has(normal)) group.texts.set(normal, text);
    }
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.weight - a.weight);
}
