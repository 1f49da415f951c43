import { limits } from '../../../src/limits.ts';
import { defaultItemLimits, type ItemLimits } from './embedder/item-limits.ts';

/** What a service takes; what is more is refused before it is decoded. */
export interface ServiceLimits extends ItemLimits {
  /** Of one request. */
  readonly bodyBytes: number;
  readonly images: number;
  readonly texts: number;
  /** In progress at a time. */
  readonly requests: number;
  /** Bodies in progress at a time, bytes. */
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
