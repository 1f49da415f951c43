import sharp from 'sharp';
import type { DiptychError, ErrorCode } from '../../../../src/errors.ts';
import { answerRequests } from '../../../common/threads/answer-requests.ts';
import { decodeBudget } from '../../../common/images/decode-budget.ts';
import { decodeForModel } from '../../../common/images/decode-for-model.ts';
import type { ImageRule } from '../../../common/model-folder/image-rule.ts';
import { threadData } from '../../../common/threads/start-thread.ts';

export interface UploadSettings {
  readonly rule: ImageRule;
  /** An image with more pixels is refused. */
  readonly maxPixels: number;
  /** The budget of all threads of the pool. */
  readonly memory: SharedArrayBuffer;
}

export interface DecodeFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

const { rule, maxPixels, memory } = threadData<UploadSettings>();
const budget = decodeBudget(memory);
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
    return await decodeForModel(bytes, rule, { maxPixels, budget });
  } catch (error) {
    // The decoder throws nothing else.
    const { code, message } = error as DiptychError;
    return { code, message };
  }
}
