/** Images of a run of the model; texts come four times as many. The model cuts larger runs. */
export const maxBatch = 64;
