import type { StepRecord } from './records.ts';
import type { StepResult } from '../step/step.ts';

/** Computes the means between two records. */
export class Meter {
  private loss = 0;
  private norm = 0;
  private steps = 0;
  private images = 0;
  private inside = 0;
  private since = performance.now();

  add({ loss, gradientNorm, insideMs }: StepResult, images: number): void {
    this.loss += loss;
    this.norm += gradientNorm;
    this.steps++;
    this.images += images;
    this.inside += insideMs;
  }

  /** Count time inside session.run that did not belong to a training step. */
  addInside(insideMs: number): void {
    this.inside += insideMs;
  }

  take(): Pick<StepRecord, 'loss' | 'gradientNorm' | 'imagesPerSecond' | 'busy' | 'rss'> {
    const elapsed = performance.now() - this.since;
    const record = {
      loss: this.loss / this.steps,
      gradientNorm: this.norm / this.steps,
      imagesPerSecond: (this.images * 1000) / elapsed,
      busy: this.inside / elapsed,
      rss: process.memoryUsage.rss(),
    };
    this.loss = this.norm = this.steps = this.images = this.inside = 0;
    this.since = performance.now();
    return record;
  }
}
