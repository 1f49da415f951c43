import type { BuiltVersion } from '../../../src/jobs/steps/built-version.ts';
import type { PlanVersion } from './build-from-plan.ts';

/** Describe a version as the catalogue keeps it. */
export function describeBuilt({ version, manifest }: PlanVersion): BuiltVersion {
  const { counts, files } = manifest;
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  return { version, items: counts.items, captions: counts.captions, bytes };
}
