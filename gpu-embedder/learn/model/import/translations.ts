import { activationTranslations } from './translate-activations.ts';
import { indexTranslations } from './translate-indexing.ts';
import { layerTranslations } from './translate-layers.ts';
import { shapeTranslations } from './translate-shapes.ts';
import type { Translation } from './translation.ts';

/** Translations of operators whose form depends on the operator set, or that consist of others. */
export const translations: Readonly<Record<string, Translation>> = {
  ...shapeTranslations,
  ...indexTranslations,
  ...layerTranslations,
  ...activationTranslations,
};
