import { readFile } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { z } from 'zod';

/** The part of wrangler.toml that the local worker uses, so that bindings are declared once. */
const schema = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  assets: z.object({ directory: z.string(), run_worker_first: z.array(z.string()).default([]) }),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })),
  d1_databases: z.array(z.object({ binding: z.string(), database_name: z.string() })).default([]),
  durable_objects: z.object({
    bindings: z.array(z.object({ name: z.string(), class_name: z.string() })),
  }),
  images: z.object({ binding: z.string() }),
  queues: z.object({
    producers: z.array(z.object({ binding: z.string(), queue: z.string() })),
    consumers: z.array(
      z.object({
        queue: z.string(),
        max_batch_size: z.int(),
        max_batch_timeout: z.int(),
        max_retries: z.int().optional(),
        dead_letter_queue: z.string().optional(),
      }),
    ),
  }),
});

export type WranglerConfig = z.infer<typeof schema>;

/** Read wrangler.toml. This avoids importing wrangler, which takes seconds. */
export async function readWranglerConfig(url: URL): Promise<WranglerConfig> {
  return schema.parse(parse(await readFile(url, 'utf8')));
}
