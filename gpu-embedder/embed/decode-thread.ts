import sharp from 'sharp';
import { answerRequests } from '../common/threads/answer-requests.ts';
import { handOver } from '../common/threads/thread-messages.ts';
import { readImageBytes } from '../data/prepared/read-dataset.ts';
import type { ImageRef } from '../data/prepared/prepared.ts';
import { threadData } from '../common/threads/start-thread.ts';
import { decodeBudget } from '../common/images/decode-budget.ts';
import { decodeForModel } from '../common/images/decode-for-model.ts';
import type { ImageRule } from '../common/model-folder/image-rule.ts';

/** Settings of a thread: what it reads and how it decodes. */
export interface DecodeSettings {
  readonly dir: string;
  readonly rule: ImageRule;
  /** The budget of all threads of the pool. */
  readonly memory: SharedArrayBuffer;
}

export interface DecodedBatch {
  /** RGB8 [images, imageSize, imageSize, 3]; an image that failed is black. */
  readonly rgb: Uint8Array<ArrayBuffer>;
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
}

const { dir, rule, memory } = threadData<DecodeSettings>();
const budget = decodeBudget(memory);
// The threads already run in parallel, so each decodes one image at a time.
sharp.concurrency(1);

const answers = {
  decode: async (images: readonly ImageRef[]): Promise<DecodedBatch> => {
    const length = 3 * rule.imageSize ** 2;
    const rgb = new Uint8Array(images.length * length);
    const failures: { index: number; reason: string }[] = [];
    for (const [index, image] of images.entries()) {
      try {
        // A file is not read whole, because it may be large.
        const source = 'file' in image ? image.file : await readImageBytes({ dir }, { image });
        rgb.set(await decodeForModel(source, rule, { budget }), index * length);
      } catch (error) {
        failures.push({ index, reason: (error as Error).message });
      }
    }
    return handOver({ rgb, failures }, [rgb.buffer]);
  },
};

export type DecodeAnswers = typeof answers;

answerRequests(answers);
