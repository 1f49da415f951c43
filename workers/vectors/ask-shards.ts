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

/** A shard that is asked, by its place in the manifest, with what its question needs. */
interface Asked {
  readonly shard: number;
}

/** The answers of those shards that answered in time. */
export interface ShardAnswers<P extends Asked, T> {
  readonly answers: readonly { readonly part: P; readonly value: T }[];
  /** Present when some shards did not answer. */
  readonly partial?: PartialAnswer;
}

export type AskShards = <P extends Asked, T>(
  parts: readonly P[],
  question: (shard: Shard, address: ShardAddress, part: P) => Promise<ShardAnswer<T>>,
  deadlineMs?: number,
) => Promise<ShardAnswers<P, T>>;

/**
 * Create a function that asks several shards of a version at the same time.
 *
 * @param defaultMs - how long an answer may take before the result goes without it, milliseconds
 * @throws DiptychError only for an error in the question itself; failures of shards are logged
 */
export function createAskShards(
  namespace: ShardNamespace,
  { collection, version, shards = [] }: Manifest,
  defaultMs: number,
): AskShards {
  return async (parts, question, deadlineMs = defaultMs) => {
    const settled = await Promise.allSettled(
      parts.map(async (part) => {
        const address = { collection, version, shard: part.shard };
        // Get the stub anew: the runtime allows a stub only in the request that made it.
        const answer = question(namespace.getByName(shardName(address)), address, part);
        return { part, value: valueOf(await inTime(answer, deadlineMs)) };
      }),
    );
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const [i, one] of settled.entries()) {
      if (one.status === 'fulfilled') continue;
      if (isFaultOfQuestion(one.reason)) throw one.reason;
      const [shard, missing] = [parts[i]?.shard, String(one.reason)];
      console.log(JSON.stringify({ collection, version, shard, missing }));
    }
    const missing = parts.length - answers.length;
    if (missing === 0) return { answers };
    return { answers, partial: { shards: shards.length, answered: shards.length - missing } };
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
