import { z } from 'zod';
import { scaleStored } from '../search/decode-query-image.ts';

/** The code with which the Images service says that an image cannot be decoded. */
const notAnImage = 9412;
const script = 'local-images';

const requestSchema = z.object({
  image: z.instanceof(Blob),
  transforms: z.tuple([z.object({ width: z.int(), height: z.int(), fit: z.literal('contain') })]),
  output_format: z.literal('image/png'),
});

/**
 * Options of Miniflare for a local Images binding. Miniflare has one of its own, which the deployed
 * service and other doors disagree with: it refuses an image at a mere warning, decodes any number
 * of pixels, fills the box with black, and breaks off the connection where an image is damaged. This
 * one keeps the runtime's client of the service and replaces only what answers it.
 *
 * @returns options of the worker, and the worker that wraps the binding
 */
export function localImages(binding: string) {
  return {
    wrappedBindings: { [binding]: { scriptName: script } },
    wrapper: {
      name: script,
      modules: [
        {
          type: 'ESModule' as const,
          path: `${script}.js`,
          contents: "export { default } from 'cloudflare-internal:images-api';",
        },
      ],
      serviceBindings: { fetcher: answerImages },
    },
  };
}

/** The part of a request that this reads; Miniflare passes one of its own class. */
interface FormRequest {
  formData(): Promise<Iterable<[string, unknown]>>;
}

/** Answer the client of the Images service: scale the first frame of an image, as it is stored. */
export async function answerImages(request: FormRequest): Promise<Response> {
  const fields = Object.fromEntries(await request.formData());
  const { image, transforms } = requestSchema.parse({
    ...fields,
    transforms: JSON.parse(String(fields['transforms'])) as unknown,
  });
  const bytes = new Uint8Array(await image.arrayBuffer());
  try {
    const png = await scaleStored(bytes, transforms[0], (image) => image.png().toBuffer());
    return new Response(new Uint8Array(png), { headers: { 'content-type': 'image/png' } });
  } catch (error) {
    return new Response(`ERROR ${notAnImage}: ${String(error)}`, {
      status: 415,
      headers: { 'cf-images-binding': `err=${notAnImage}` },
    });
  }
}
