import type { Suggestion } from '../../src/search/keywords/build-keyword-index.ts';
import type { Texts } from './captioned-items.ts';

/** A captioned picture near the one that lacks captions. */
export interface Neighbour {
  /** Cosine of both pictures. */
  readonly similarity: number;
  /** Pictures of one concept show the same thing. */
  readonly concept?: string;
  readonly texts: Texts;
}

export interface VoteOptions {
  /** Of the softmax over cosines: a neighbour that much farther weighs 1/e. */
  readonly temperature: number;
  /** Texts that are given, at most. */
  readonly captions: number;
  readonly minConfidence: number;
}

/** Cosine from which on two pictures are one and the same, up to rounding. */
const samePicture = 0.9999;

/**
 * Let neighbours vote on what a picture shows.
 *
 * Each has the weight that a softmax over their cosines gives it. Those of one concept vote
 * together, for the texts of all of them; the confidence of a text is the weight of the neighbours
 * who vote for it, so that one that several near concepts share gets their sum. Where the very
 * picture is among the neighbours, it alone votes.
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
  for (const { weight, texts } of parties(voters, weights)) {
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

interface Party {
  weight: number;
  readonly texts: Map<string, string>;
}

/** Gather the voters of each concept, the heaviest first; one without a concept is on its own. */
function parties(voters: readonly Neighbour[], weights: readonly number[]): readonly Party[] {
  const gathered = new Map<unknown, Party>();
  for (const [i, voter] of voters.entries()) {
    const key = voter.concept ?? voter;
    const party = gathered.get(key) ?? { weight: 0, texts: new Map<string, string>() };
    party.weight += weights[i];
    for (const [normal, text] of voter.texts) {
      if (!party.texts.has(normal)) party.texts.set(normal, text);
    }
    gathered.set(key, party);
  }
  return [...gathered.values()].sort((a, b) => b.weight - a.weight);
}
