/** ONNX files: {@link writeModel} serialises a graph, {@link readModel} gives the parts of any model. */
export { writeModel } from './write-model.ts';
export { readModel } from './read-model.ts';
export type { ModelNode, ModelParts, ModelPort } from './read-model.ts';
