import type { StepRecord, ValidationRecord } from '../records.ts';

/**
 * Say how a run goes, in one line: "infonce image+text | loss 2.345 | val R@1/5/10 .12/.34/.45 |
 * 241 img/s".
 *
 * @param stageLabel - as `stageLabel` of config.ts gives it; a stage of the text tower alone counts captions
 */
export function trainingLine(
  record: StepRecord,
  validation: ValidationRecord | null,
  stageLabel: string,
): string {
  const unit = stageLabel.endsWith(' text') ? 'captions/s' : 'img/s';
  return [
    stageLabel,
    `loss ${record.loss.toFixed(3)}`,
    ...(validation ? [recalls(validation)] : []),
    `${Math.round(record.imagesPerSecond)} ${unit}`,
  ].join(' | ');
}

/** The recalls of image retrieval that were measured. */
function recalls({ metrics }: ValidationRecord): string {
  const measured = [1, 5, 10].filter((k) => `image_retrieval_recall@${k}` in metrics);
  const values = measured.map((k) =>
    metrics[`image_retrieval_recall@${k}`].toFixed(2).replace(/^0/, ''),
  );
  return `val R@${measured.join('/')} ${values.join('/')}`;
}
