import type { ModelNode } from '../../onnx/model-proto.ts';

/** A list of integers; undefined where the node does not say. */
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
