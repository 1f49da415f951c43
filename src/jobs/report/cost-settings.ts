/** What an operator says of the costs of a job. */
export interface CostSettings {
  /** Price of one embedder in US dollars; null if it is not known. */
  readonly embedderPricePerHour?: number | null;
  /** How many embedders work at the same time; default 1. */
  readonly embedders?: number;
}

/** Read a price in dollars, like that of `EMBEDDER_PRICE_PER_HOUR`. @returns null for other texts */
export function readPrice(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}
