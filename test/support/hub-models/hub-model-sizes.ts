import type { Activation } from './transformer-layer.ts';

export interface HubModelSizes {
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly imageSize: number;
  readonly embedDim: number;
  readonly layers: number;
  readonly activation: Activation;
}
