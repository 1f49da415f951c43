import { convolutionBlock } from '../../onnx/convolution-block.ts';
import { copyGraph } from '../../onnx/copy-graph.ts';
import { cpuOperators } from '../../onnx/cpu-operators.ts';
import type { Graph } from '../../onnx/graph.ts';
import { writeModel } from '../../onnx/model-proto.ts';
import type { Session } from '../../onnx/session.ts';
import { openSession } from '../../onnx/session.ts';

/** Open a graph on the CPU whose weights are fed, with the fastest operators for this case. */
export async function openTrainingSession(
  graph: Graph,
  options: { readonly threads: number },
): Promise<Session> {
  const fast = copyGraph(graph, cpuOperators(await convolutionBlock()));
  return openSession(writeModel(fast), options);
}
