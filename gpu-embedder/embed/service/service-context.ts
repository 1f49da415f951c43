import type { DirectEmbedder } from './embedder/direct-embedder.ts';
import type { Admission } from './http/admission.ts';
import type { Builds } from './builds.ts';
import type { DirectModel } from './embedder/reproducible-model.ts';
import type { ServiceLimits } from './service-limits.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** What the routes of a service share. */
export interface ServiceContext {
  readonly model: DirectModel;
  readonly embedder: DirectEmbedder;
  readonly builds: Builds;
  readonly admission: Admission;
  readonly limits: ServiceLimits;
  readonly metrics: ServiceMetrics;
}
