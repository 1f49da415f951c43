import type { StepRecord, ValidationRecord } from '../run/records.ts';

/**
 * Describe the state of a run in one line: "infonce image+text | loss 2.345 | val R@1/5/10 .12/.34/.45 |
 * 241 img/s".
 *
 * @param stageLabel - from `stageLabel` of config.ts; a stage of the text tower alone counts captions
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

/** Format the measured recalls of image retrieval. */
function recalls({ metrics }: ValidationRecord): string {
  const measured = [1, 5, 10].filter((k) => `image_retrieval_recall@${k}` in metrics);
  const values = measured.map((k) =>
    metrics[`image_retrieval_recall@${k}`].toFixed(2).replace(/^0/, ''),
  );
  return `val R@${measured.join('/')} ${values.join('/')}`;
}
