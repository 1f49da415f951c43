import sharp from 'sharp';
import { DiptychError, type ErrorCode } from '../../../../src/errors.ts';
import { answerRequests } from '../../../common/threads/answer-requests.ts';
import { decodeForModel } from '../../../common/images/decode-for-model.ts';
import type { ImageRule } from '../../../common/model-folder/image-rule.ts';
import { threadData } from '../../../common/threads/start-thread.ts';

export interface UploadSettings {
  readonly rule: ImageRule;
  /** An image with more pixels is refused. */
  readonly maxPixels: number;
}

export interface DecodeFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

const { rule, maxPixels } = threadData<UploadSettings>();
// Each image is decoded on one core, since several images are decoded at a time.
sharp.concurrency(1);

const answers = {
  /** @returns RGB8 [imageSize, imageSize, 3] of each image, or why there is none */
  decode: (images: readonly Uint8Array[]) => Promise.all(images.map(decode)),
};

export type UploadAnswers = typeof answers;

answerRequests(answers);

async function decode(bytes: Uint8Array): Promise<Uint8Array | DecodeFailure> {
  try {
    await checkHeader(bytes);
    return await decodeForModel(bytes, rule);
  } catch (error) {
    if (error instanceof DiptychError) return { code: error.code, message: error.message };
    return {
      code: 'unreadable_image',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Refuse an image that has too many pixels, by its header: decoding it would take the memory. */
async function checkHeader(bytes: Uint8Array): Promise<void> {
  const { width, height } = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: Error) => {
      const code = /unsupported image format/.test(cause.message)
        ? 'unsupported_image'
        : 'unreadable_image';
      throw new DiptychError(code, `the image of ${bytes.length} bytes: ${cause.message}`);
    });
  if (width * height <= maxPixels) return;
  throw new DiptychError(
    'payload_too_large',
    `the image: expected at most ${maxPixels} pixels, got ${width} x ${height}`,
  );
}
