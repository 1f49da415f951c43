import { DiptychError } from '../../../src/errors.ts';

/** Names of outputs with embeddings; `loadModel` looks for the same. */
const outputNames: Readonly<Record<'image' | 'text', readonly string[]>> = {
  image: ['image_embeds', 'pooler_output'],
  text: ['text_embeds', 'pooler_output'],
};

/**
 * Find the output that holds embeddings.
 *
 * @throws DiptychError `unreadable_model`
 */
export function embeddingsOutput(
  names: readonly string[],
  modality: 'image' | 'text',
  path: string,
): string {
  const found = outputNames[modality].find((name) => names.includes(name));
  if (found !== undefined) return found;
  throw new DiptychError(
    'unreadable_model',
    `${path}: expected an output ${outputNames[modality].join(' or ')}, got ${names.join(', ')}`,
  );
}
