/** A parameter with its optimiser state; all arrays have the same length. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly decay: boolean;
  readonly data: Float32Array;
  /** First and second moment of the gradient. */
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Exponential moving average of `data`. */
  readonly average: Float32Array;
}

export interface AdamWStep {
  /** Counts from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly emaDecay: number;
}

/** The parameter `logit_scale` stays between 0 and this limit, so that no loss grows without bound. */
export const maxLogitScale = Math.log(100);

export const beta1 = 0.9;
export const beta2 = 0.98;
export const epsilon = 1e-8;

/** Global L2 norm over all gradients. */
export function gradientNorm(gradients: readonly Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  }
  return Math.sqrt(sum);
}

/**
 * Update weights in place: clip the gradients to a global norm, run AdamW (arXiv:1711.05101, Alg. 2),
 * and follow the result with the moving average.
 *
 * @param norm - of the gradients, see {@link gradientNorm}
 */
export function adamWStep(
  slots: readonly Slot[],
  gradients: readonly Float32Array[],
  norm: number,
  options: AdamWStep,
): void {
  const { step, learningRate, weightDecay, clipNorm } = options;
  const clip = Math.min(1, clipNorm / (norm + 1e-6));
  const stepSize = learningRate / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  // A young average follows the weights closely; its decay grows up to emaDecay.
  const keep = Math.min(options.emaDecay, step / (step + 10));
  for (let s = 0; s < slots.length; s++) {
    const { name, data, m, v, average, decay } = slots[s];
    const gradient = gradients[s];
    const shrink = decay ? 1 - learningRate * weightDecay : 1;
    for (let i = 0; i < data.length; i++) {
      const g = gradient[i] * clip;
      const first = beta1 * m[i] + (1 - beta1) * g;
      const second = beta2 * v[i] + (1 - beta2) * g * g;
      m[i] = first;
      v[i] = second;
      const next =
        data[i] * shrink - (stepSize * first) / (Math.sqrt(second * correction) + epsilon);
      data[i] = next;
      average[i] = keep * average[i] + (1 - keep) * next;
    }
    if (name === 'logit_scale') data[0] = Math.min(maxLogitScale, Math.max(0, data[0]));
  }
}
