import type { ImageScaler } from '../../workers/images/image-scaler.ts';

/**
 * Ask the local Images service as the client in the runtime does. The pool of tests does not let
 * that client ask another service than its own, in all versions that the tests run with.
 */
export function serviceScaler(service: Fetcher): ImageScaler {
  return {
    input: (image) => ({
      transform: (size) => ({
        async output({ format }) {
          const form = new FormData();
          form.append('image', await new Response(image).blob());
          form.append('transforms', JSON.stringify([size]));
          form.append('output_format', format);
          const response = await service.fetch('https://images.test/', {
            method: 'POST',
            body: form,
          });
          const code = /err=(\d+)/.exec(response.headers.get('cf-images-binding') ?? '')?.[1];
          if (code) throw Object.assign(new Error(await response.text()), { code: Number(code) });
          return { image: () => response.body! };
        },
      }),
    }),
  };
}
