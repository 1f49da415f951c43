import { blockConvolutions } from '../onnx/blocked-convolution.ts';
import { convolutionBlock } from '../onnx/convolution-block.ts';
import type { Graph } from '../onnx/graph.ts';
import { writeModel } from '../onnx/model-proto.ts';
import type { Session } from '../onnx/session.ts';
import { openSession } from '../onnx/session.ts';

/** Open a graph whose weights are fed on the CPU, with the fastest convolutions it has. */
export async function openTrainingSession(
  graph: Graph,
  options: { readonly threads: number },
): Promise<Session> {
  const block = await convolutionBlock();
  return openSession(writeModel(block ? blockConvolutions(graph, block) : graph), options);
}
