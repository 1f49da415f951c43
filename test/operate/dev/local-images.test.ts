import sharp from 'sharp';
import { expect, it } from 'vitest';
import { answerImages } from '../../../gpu-embedder/operate/dev/local-images.ts';
import { withPngSize } from '../../setup/image-bytes.ts';
import { scenes } from '../../setup/pictures.ts';

/** Ask the service as the binding of the runtime does. */
async function scale(image: Uint8Array, width: number, height: number): Promise<Response> {
  const form = new FormData();
  form.append('image', new Blob([new Uint8Array(image)]));
  form.append('transforms', JSON.stringify([{ imageIndex: 0, width, height, fit: 'contain' }]));
  form.append('output_format', 'image/png');
  return answerImages(new Request('https://images.test/transform', { method: 'POST', body: form }));
}

const notAnImage = { status: 415, code: 'err=9412' };
const failureOf = ({ status, headers }: Response) => ({
  status,
  code: headers.get('cf-images-binding'),
});

it('scales a whole image into a box and adds no margin', async () => {
  const png = await (await scale((await scenes())['clear.png'], 24, 24)).arrayBuffer();
  expect(await sharp(png).metadata()).toMatchObject({ width: 24, height: 16, hasAlpha: true });
});

it('takes an image of which a decoder warns', async () => {
  expect((await scale((await scenes())['scan-numbers.jpg'], 24, 16)).status).toBe(200);
});

it('says that a damaged image is at fault', async () => {
  const jpeg = (await scenes())['turned-1.jpeg'];
  expect(failureOf(await scale(jpeg.subarray(0, jpeg.length / 2), 24, 16))).toEqual(notAnImage);
});

it('decodes no more pixels than an image may have, whatever was said before', async () => {
  const png = withPngSize((await scenes())['clear.png'], [10_001, 10_000]);
  const answer = await scale(png, 24, 24);
  expect(failureOf(answer)).toEqual(notAnImage);
  expect(await answer.text()).toContain('at most 100000000 pixels, got 10001 x 10000');
});
