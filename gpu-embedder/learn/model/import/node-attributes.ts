import type { ModelNode } from '../../onnx/model-proto.ts';

/** Read an attribute that is a list of integers; undefined if the node does not have it. */
export function intsOf({ attributes }: ModelNode, name: string): readonly number[] | undefined {
  const value = attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
}

export function intOf({ attributes }: ModelNode, name: string, otherwise: number): number {
  const value = attributes[name];
  return typeof value === 'number' ? value : otherwise;
}

export function floatOf({ attributes }: ModelNode, name: string, otherwise: number): number {
  const value = attributes[name];
  return typeof value === 'object' && 'float' in value ? value.float : otherwise;
}
