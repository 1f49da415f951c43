import type { PartialAnswer } from '../../src/http/api.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { DiptychError, errorStatus } from '../../src/errors.ts';
import {
  shardName,
  type Shard,
  type ShardAddress,
  type ShardAnswer,
  type ShardNamespace,
} from './shard.ts';

/** What those shards said that answered in time. */
export interface ShardAnswers<T> {
  readonly answers: readonly { readonly shard: number; readonly value: T }[];
  /** Given where some did not. */
  readonly partial?: PartialAnswer;
}

export type AskShards = <T>(
  question: (shard: Shard, address: ShardAddress) => Promise<ShardAnswer<T>>,
  asked?: readonly number[],
  deadlineMs?: number,
) => Promise<ShardAnswers<T>>;

/**
 * Create a function that asks shards of a version all at once, every one by default.
 *
 * @param defaultMs - after which a shard is gone without, milliseconds
 * @throws DiptychError what the question itself is to blame for; what befalls a shard is logged
 */
export function createAskShards(
  namespace: ShardNamespace,
  { collection, version, shards = [] }: Manifest,
  defaultMs: number,
): AskShards {
  const all = [...shards.keys()];
  return async (question, asked = all, deadlineMs = defaultMs) => {
    const settled = await Promise.allSettled(
      asked.map(async (shard) => {
        const address = { collection, version, shard };
        // A stub belongs to the request that made it.
        const answer = question(namespace.getByName(shardName(address)), address);
        return { shard, value: valueOf(await inTime(answer, deadlineMs)) };
      }),
    );
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const [i, one] of settled.entries()) {
      if (one.status === 'fulfilled') continue;
      if (isFaultOfQuestion(one.reason)) throw one.reason;
      const [shard, missing] = [asked[i], String(one.reason)];
      console.log(JSON.stringify({ collection, version, shard, missing }));
    }
    const missing = asked.length - answers.length;
    if (missing === 0) return { answers };
    return { answers, partial: { shards: all.length, answered: all.length - missing } };
  };
}

function valueOf<T>(answer: ShardAnswer<T>): T {
  if ('value' in answer) return answer.value;
  throw new DiptychError(answer.error.code, answer.error.message);
}

function isFaultOfQuestion(reason: unknown): boolean {
  return reason instanceof DiptychError && errorStatus[reason.code] < 500;
}

async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
