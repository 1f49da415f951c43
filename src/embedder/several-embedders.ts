import { DiptychError } from '../errors.ts';
import type { HttpEmbedder } from './http-embedder.ts';

/**
 * Several embedders as one: whichever is there and has room answers. They may come and go.
 *
 * A build is asked for, and looked for, in an order of its own, so that it is found where it was
 * started. One that went with its embedder is not found, and may be started at another.
 *
 * @param embedders - at least one
 * @param random - from 0 to 1: where to begin, so that work is spread
 * @returns an embedder that throws what the last one that was asked did
 */
export function severalEmbedders(
  embedders: readonly HttpEmbedder[],
  random: () => number = Math.random,
): HttpEmbedder {
  const anywhere = () => beginningAt(embedders, Math.floor(random() * embedders.length));
  const ofJob = (id: string) => beginningAt(embedders, sumOf(id) % embedders.length);
  return {
    describe: () => firstOf(anywhere(), isAway, (one) => one.describe()),
    encode: (images, texts, signal) =>
      firstOf(anywhere(), isAway, (one) => one.encode(images, texts, signal)),
    startBuild: (request) =>
      firstOf(ofJob(request.jobId), isElsewhere, (one) => one.startBuild(request)),
    buildStatus: (id) => firstOf(ofJob(id), isElsewhere, (one) => one.buildStatus(id)),
    cancelBuild: (id) => firstOf(ofJob(id), isElsewhere, (one) => one.cancelBuild(id)),
  };
}

async function firstOf<T>(
  embedders: readonly HttpEmbedder[],
  goesOn: (error: unknown) => boolean,
  ask: (embedder: HttpEmbedder) => Promise<T>,
): Promise<T> {
  const failures: unknown[] = [];
  for (const embedder of embedders) {
    try {
      return await ask(embedder);
    } catch (error) {
      if (!goesOn(error)) throw error;
      failures.push(error);
    }
  }
  // That one of them knows of no build says more than that another is away.
  throw failures.find((error) => !isAway(error)) ?? failures.at(-1);
}

/** Not there, or busy. */
function isAway(error: unknown): boolean {
  return error instanceof DiptychError && error.code === 'embedder_unavailable';
}

function isElsewhere(error: unknown): boolean {
  return isAway(error) || isUnknownBuild(error);
}

/** Whether an embedder said that it knows of no such build, or builds nothing. */
export function isUnknownBuild(error: unknown): boolean {
  return error instanceof DiptychError && error.details?.['code'] === 'not_found';
}

function beginningAt<T>(list: readonly T[], first: number): T[] {
  return [...list.slice(first), ...list.slice(0, first)];
}

function sumOf(text: string): number {
  return [...text].reduce((sum, character) => sum + character.codePointAt(0)!, 0);
}
