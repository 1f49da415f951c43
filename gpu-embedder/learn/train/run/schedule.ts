export interface ScheduleConfig {
  readonly steps: number;
  readonly warmupSteps: number;
  readonly learningRate: number;
  readonly finalShare: number;
}

/** Linear warm-up, then a half cosine down to `finalShare` of the peak. `step` counts from 0. */
export function learningRateAt(step: number, config: ScheduleConfig): number {
  const { steps, warmupSteps, learningRate, finalShare } = config;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  const cosine = 0.5 * (1 + Math.cos(Math.PI * progress));
  return learningRate * (finalShare + (1 - finalShare) * cosine);
}
