import type { FileMetaData } from 'hyparquet';
import { z } from 'zod';

const schema = z.object({
  info: z.object({ features: z.record(z.string(), z.unknown()) }),
});
const classLabel = z.object({ _type: z.literal('ClassLabel'), names: z.array(z.string()) });

/** Read the class names of each column, as the Hugging Face hub stores them in a parquet file. */
export function classNames({
  key_value_metadata = [],
}: FileMetaData): ReadonlyMap<string, readonly string[]> {
  const text = key_value_metadata.find(({ key }) => key === 'huggingface')?.value;
  const found = schema.safeParse(parse(text));
  if (!found.success) return new Map();
  return new Map(
    Object.entries(found.data.info.features).flatMap(([column, feature]) => {
      const label = classLabel.safeParse(feature);
      return label.success ? [[column, label.data.names] as const] : [];
    }),
  );
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
