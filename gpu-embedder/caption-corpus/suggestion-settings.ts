/** How pseudo-captions are chosen. */
export interface SuggestionSettings {
  /** Captioned pictures that vote on a picture. */
  readonly neighbours: number;
  /** Of the softmax over their cosines, in standard deviations of the cosines of unrelated pictures. */
  readonly temperature: number;
  readonly minConfidence: number;
  /** Captions of a picture, at most. */
  readonly captions: number;
}

/** Chosen on training styles with scripts/evaluate-pseudo-captions.ts; see docs/own-data.md. */
export const defaultSettings: SuggestionSettings = {
  neighbours: 30,
  temperature: 0.25,
  minConfidence: 0.02,
  captions: 50,
};
