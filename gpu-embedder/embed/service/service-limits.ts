import { limits } from '../../../src/limits.ts';
import { defaultItemLimits, type ItemLimits } from './embedder/item-limits.ts';

/** Limits of a service. Requests beyond them are refused before anything is decoded. */
export interface ServiceLimits extends ItemLimits {
  /** Largest body of a request. */
  readonly bodyBytes: number;
  /** Most images and texts of a request. */
  readonly images: number;
  readonly texts: number;
  /** Most requests in progress at a time. */
  readonly requests: number;
  /** Most bytes of bodies in progress at a time. */
  readonly queuedBytes: number;
}

export const defaultServiceLimits: ServiceLimits = {
  ...defaultItemLimits,
  bodyBytes: limits.embedderBodyBytes,
  images: 1024,
  texts: 8192,
  requests: 256,
  queuedBytes: limits.embedderQueuedBytes,
};
