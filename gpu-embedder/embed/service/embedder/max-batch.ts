/** Most images in a run of the model, which cuts larger ones; a run of texts takes four times as many. */
export const maxBatch = 64;
