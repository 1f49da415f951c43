/** Name a stage by its loss and the towers that it trains: "infonce image+text". */
export function stageLabel(stage: {
  readonly loss: string;
  readonly train: readonly string[];
}): string {
  return `${stage.loss} ${stage.train.join('+')}`;
}
