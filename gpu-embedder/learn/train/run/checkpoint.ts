import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { DiptychError } from '../../../../src/errors.ts';
import type { Slot } from '../step/adamw.ts';
import { fixedSlot, isLearning } from '../step/slots.ts';

/**
 * A checkpoint file:
 *
 *     bytes 0-3    magic "DPTC"
 *     bytes 4-7    u32 length of the JSON header
 *     ...          JSON header, padded with spaces to a multiple of 8
 *     ...          float32 arrays in header order: data, m, v and average of each slot that learns,
 *                  only data of each fixed slot
 *     last 32      SHA-256 of everything before
 */
const magic = 'DPTC';
const formatVersion = 2;

export interface Checkpoint {
  /** The stage, and the step within it, that come next. */
  readonly stage: number;
  readonly stageStep: number;
  readonly step: number;
  readonly slots: readonly Slot[];
}

interface Header {
  readonly formatVersion: number;
  readonly stage: number;
  readonly stageStep: number;
  readonly step: number;
  readonly slots: readonly SlotHeader[];
}

interface SlotHeader extends Pick<Slot, 'name' | 'shape' | 'decay'> {
  readonly learns: boolean;
}

const arraysOf = (slot: Slot) =>
  isLearning(slot) ? [slot.data, slot.m, slot.v, slot.average] : [slot.data];

/**
 * Write atomically. The previous checkpoint stays beside it as `<path>.previous`.
 *
 * @throws DiptychError `write_failed`, e.g. on a full disk; the earlier checkpoints stay unchanged
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { stage, stageStep, step, slots } = checkpoint;
  const header: Header = {
    formatVersion,
    stage,
    stageStep,
    step,
    slots: slots.map((slot) => {
      const { name, shape, decay } = slot;
      return { name, shape, decay, learns: isLearning(slot) };
    }),
  };
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8));
  const lead = Buffer.alloc(8);
  lead.write(magic);
  lead.writeUInt32LE(json.length, 4);
  const hash = createHash('sha256');
  const partial = `${path}.partial`;
  try {
    const file = await open(partial, 'w');
    try {
      const put = async (bytes: Uint8Array) => {
        hash.update(bytes);
        await file.writeFile(bytes);
      };
      await put(lead);
      await put(json);
      for (const slot of slots) {
        for (const a of arraysOf(slot))
          await put(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
      }
      await file.writeFile(hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    await rm(partial, { force: true });
    throw new DiptychError(
      'write_failed',
      `checkpoint ${path} at step ${step}: ${(cause as Error).message}; the one before is as it was`,
      { step },
      { cause },
    );
  }
  if (existsSync(path)) renameSync(path, `${path}.previous`);
  renameSync(partial, path);
}

/**
 * Read the newest undamaged checkpoint, or null if there is no file.
 *
 * @throws DiptychError `unreadable_model` if all are damaged: to start again would overwrite the run
 */
export function readNewestCheckpoint(
  path: string,
  warn: (message: string) => void,
): Checkpoint | null {
  const candidates = [path, `${path}.previous`].filter((one) => existsSync(one));
  for (const candidate of candidates) {
    try {
      return readCheckpoint(candidate);
    } catch (error) {
      warn(`${candidate} is not used: ${(error as Error).message}`);
    }
  }
  if (candidates.length === 0) return null;
  throw new DiptychError(
    'unreadable_model',
    `${candidates.join(', ')}: expected a whole checkpoint to continue from, got none: train anew into another folder`,
  );
}

/** @throws DiptychError `unreadable_model` if the file is damaged or has another format */
export function readCheckpoint(path: string): Checkpoint {
  const bytes = readFileSync(path);
  const fail = (what: string): never => {
    throw new DiptychError('unreadable_model', `checkpoint ${path}: ${what}`);
  };
  if (bytes.length < 40 || bytes.toString('latin1', 0, 4) !== magic) {
    fail(`expected a file that starts with ${magic}`);
  }
  const body = bytes.subarray(0, bytes.length - 32);
  const digest = createHash('sha256').update(body).digest();
  if (!digest.equals(bytes.subarray(bytes.length - 32)))
    fail('checksum differs: the file is cut off or damaged');
  const jsonLength = bytes.readUInt32LE(4);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + jsonLength)) as Header;
  if (header.formatVersion !== formatVersion) {
    fail(`expected format ${formatVersion}, got ${header.formatVersion}`);
  }
  let at = 8 + jsonLength;
  const take = (length: number): Float32Array => {
    const out = new Float32Array(length);
    new Uint8Array(out.buffer).set(body.subarray(at, at + length * 4));
    at += length * 4;
    return out;
  };
  const slots = header.slots.map((slot): Slot => {
    const length = slot.shape.reduce((a, b) => a * b, 1);
    const { learns, name, shape, decay } = slot;
    if (!learns) return fixedSlot(name, shape, take(length));
    const [data, m, v, average] = [take(length), take(length), take(length), take(length)];
    return { name, shape, decay, data, m, v, average };
  });
  return { stage: header.stage, stageStep: header.stageStep, step: header.step, slots };
}
