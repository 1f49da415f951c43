import type { NodeMessage } from '../../onnx/onnx-schema.ts';

/** Says which node of a tower has no counterpart in the edge kernels. It never leaves this folder. */
export class NotUnderstood extends Error {
  constructor(where: NodeMessage | string, expected: string) {
    const got = typeof where === 'string' ? where : `${where.opType} ${where.name}`;
    super(`${got}: expected ${expected}`);
  }
}
