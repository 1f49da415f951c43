/** How pseudo-captions are chosen. */
export interface SuggestionSettings {
  /** Number of captioned pictures that vote on a picture. */
  readonly neighbours: number;
  /** Softmax temperature of the votes, in standard deviations of cosines of unrelated pictures. */
  readonly temperature: number;
  readonly minConfidence: number;
  /** Largest number of captions of a picture. */
  readonly captions: number;
}

/** Chosen on training styles with scripts/evaluate-pseudo-captions.ts; see docs/own-data.md. */
export const defaultSettings: SuggestionSettings = {
  neighbours: 30,
  temperature: 0.25,
  minConfidence: 0.02,
  captions: 50,
};
