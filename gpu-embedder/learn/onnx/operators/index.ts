/** The operators. Each has its ONNX name, takes the graph first and appends one node. */
export * from './elementwise.ts';
export * from './reduce.ts';
export * from './shape.ts';
export { Slice } from './slice.ts';
export * from './matmul.ts';
export * from './convolution.ts';
export * from './normalisation.ts';
export * from './index-ops.ts';
