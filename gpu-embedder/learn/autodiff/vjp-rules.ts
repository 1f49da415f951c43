import type { Rule } from './rule.ts';
import { convolutionRules } from './rules/convolution.ts';
import { elementwiseRules } from './rules/elementwise.ts';
import { indexRules } from './rules/index-ops.ts';
import { matmulRules } from './rules/matmul.ts';
import { normalisationRules } from './rules/normalisation.ts';
import { reduceRules } from './rules/reduce.ts';
import { shapeRules } from './rules/shape.ts';

/** The rule of every operator that gradients pass through, by ONNX name. */
export const vjpRules: Readonly<Record<string, Rule>> = {
  ...elementwiseRules,
  ...reduceRules,
  ...shapeRules,
  ...matmulRules,
  ...normalisationRules,
  ...convolutionRules,
  ...indexRules,
};
