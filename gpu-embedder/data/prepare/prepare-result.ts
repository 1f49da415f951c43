import { damagedShard } from '../readers/read-shard.ts';
import type { DatasetManifest, PrepareReport } from '../prepared/prepared.ts';

/** Result of a preparation, printed with `--json`. */
export interface PrepareResult {
  readonly dir: string;
  readonly name: string;
  /** Whether the data set already existed and was made from the same inputs. */
  readonly unchanged: boolean;
  readonly inputs: number;
  readonly prepared: number;
  /** Number of inputs that became views of an item; absent for none. */
  readonly views?: number;
  /** Number of skipped inputs by code; report.json lists them. */
  readonly skipped: Readonly<Record<string, number>>;
  /** What damage of shards cost; absent for none. */
  readonly damaged?: PrepareReport['skipped'];
  readonly counts: DatasetManifest['counts'];
  readonly fingerprint: string;
}

/** Sum up a preparation. */
export function prepareResult(
  dir: string,
  manifest: DatasetManifest,
  report: PrepareReport,
  unchanged: boolean,
): PrepareResult {
  const skipped: Record<string, number> = {};
  for (const { code } of report.skipped) skipped[code] = (skipped[code] ?? 0) + 1;
  const damaged = report.skipped.filter(({ code }) => code === damagedShard);
  return {
    dir,
    name: manifest.name,
    unchanged,
    inputs: report.inputs,
    prepared: report.prepared,
    ...(report.views !== undefined && { views: report.views }),
    skipped,
    ...(damaged.length > 0 && { damaged }),
    counts: manifest.counts,
    fingerprint: manifest.fingerprint,
  };
}
