import type { BuiltVersion } from '../../../src/jobs/steps/built-version.ts';
import type { PlanVersion } from './build-from-plan.ts';

/** What the catalogue keeps of a version. */
export function describeBuilt({ version, manifest }: PlanVersion): BuiltVersion {
  const { counts, files } = manifest;
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  return { version, items: counts.items, captions: counts.captions, bytes };
}
