import { DiptychError } from '../errors.ts';
import type { HttpEmbedder } from './http-embedder.ts';

/**
 * Use several embedders as one. The first that is reachable and has room answers; the embedders may
 * come and go.
 *
 * Every request about a build asks the embedders in the same order, which depends on the job, so
 * that the build is found where it was started. If its embedder is gone, the build is not found,
 * and it may be started at another one.
 *
 * @param embedders - at least one
 * @param random - 0 to 1: chooses the embedder that is asked first, so that work is spread
 * @returns an embedder that throws the error of the last embedder that it asked
 */
export function severalEmbedders(
  embedders: readonly HttpEmbedder[],
  random: () => number = Math.random,
): HttpEmbedder {
  const anyOrder = () => beginningAt(embedders, Math.floor(random() * embedders.length));
  const orderOfJob = (id: string) => beginningAt(embedders, sumOf(id) % embedders.length);
  return {
    describe: () => firstOf(anyOrder(), isAway, (one) => one.describe()),
    encode: (images, texts, signal) =>
      firstOf(anyOrder(), isAway, (one) => one.encode(images, texts, signal)),
    startBuild: (request) =>
      firstOf(orderOfJob(request.jobId), isElsewhere, (one) => one.startBuild(request)),
    buildStatus: (id) => firstOf(orderOfJob(id), isElsewhere, (one) => one.buildStatus(id)),
    cancelBuild: (id) => firstOf(orderOfJob(id), isElsewhere, (one) => one.cancelBuild(id)),
  };
}

async function firstOf<T>(
  embedders: readonly HttpEmbedder[],
  asksNext: (error: unknown) => boolean,
  ask: (embedder: HttpEmbedder) => Promise<T>,
): Promise<T> {
  const failures: unknown[] = [];
  for (const embedder of embedders) {
    try {
      return await ask(embedder);
    } catch (error) {
      if (!asksNext(error)) throw error;
      failures.push(error);
    }
  }
  // "No such build" of one embedder says more than "unavailable" of another.
  throw failures.find((error) => !isAway(error)) ?? failures.at(-1);
}

/** Tell whether an embedder cannot be reached or is busy. */
function isAway(error: unknown): boolean {
  return error instanceof DiptychError && error.code === 'embedder_unavailable';
}

function isElsewhere(error: unknown): boolean {
  return isAway(error) || isUnknownBuild(error);
}

/** Tell whether an embedder answered that it does not know the build, or that it cannot build. */
export function isUnknownBuild(error: unknown): boolean {
  return error instanceof DiptychError && error.details?.['code'] === 'not_found';
}

function beginningAt<T>(list: readonly T[], first: number): T[] {
  return [...list.slice(first), ...list.slice(0, first)];
}

function sumOf(text: string): number {
  return [...text].reduce((sum, character) => sum + character.codePointAt(0)!, 0);
}
