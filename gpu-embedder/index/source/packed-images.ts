import { DiptychError } from '../../../src/errors.ts';
import type { ByteRange, ObjectStore } from '../../../src/objects/object-store.ts';
import type { PlannedItem } from '../../../src/jobs/steps/build-page.ts';
import { imagePackKey } from '../../../src/version/keys.ts';
import type { SourceImage } from './index-source.ts';

/** Most images that are read together: one request reads neighbours in a pack. */
const windowImages = 256;
const windowBytes = 32 * 1024 * 1024;
/** Largest gap between two images that one request reads, bytes: a second request would cost more. */
const worthReading = 64 * 1024;
/** The window in use, the next one, and one that a slow reader may still need. */
const windowsKept = 3;

type PlannedImage = PlannedItem['image'];

interface Window {
  readonly first: number;
  readonly images: readonly PlannedImage[];
}

/**
 * Create the function that reads images from their packs, in the order of ordinals. It reads a
 * window of images at a time, so the memory that it needs does not depend on their number.
 *
 * @throws DiptychError index_unreadable: a pack is missing, or ends before an image does
 */
export function packedImages(
  objects: ObjectStore,
  images: readonly PlannedImage[],
): (ordinal: number) => Promise<SourceImage> {
  const windows = splitWindows(images);
  const windowOf = windows.flatMap((window, i) => window.images.map(() => i));
  const loaded = new Map<number, Promise<Uint8Array[]>>();
  return async (ordinal) => {
    const at = windowOf[ordinal];
    const window = windows[at];
    let reading = loaded.get(at);
    if (!reading) {
      reading = readImages(objects, window.images);
      loaded.set(at, reading);
      const [oldest] = loaded.keys();
      if (loaded.size > windowsKept) loaded.delete(oldest);
    }
    const bytes = (await reading)[ordinal - window.first];
    return { bytes, type: images[ordinal].type };
  };
}

function splitWindows(images: readonly PlannedImage[]): Window[] {
  const windows: { first: number; images: PlannedImage[] }[] = [];
  let bytes = Infinity;
  for (const [ordinal, image] of images.entries()) {
    const last = windows.at(-1);
    if (!last || bytes + image.byteLength > windowBytes || last.images.length === windowImages) {
      windows.push({ first: ordinal, images: [image] });
      bytes = image.byteLength;
    } else {
      last.images.push(image);
      bytes += image.byteLength;
    }
  }
  return windows;
}

/** Read images from any packs, with one request for images that lie together. */
async function readImages(
  objects: ObjectStore,
  images: readonly PlannedImage[],
): Promise<Uint8Array[]> {
  const found = new Array<Uint8Array>(images.length);
  const order = [...images.keys()].sort((a, b) => {
    const [one, other] = [images[a], images[b]];
    if (one.pack !== other.pack) return one.pack < other.pack ? -1 : 1;
    return one.byteOffset - other.byteOffset;
  });
  for (let at = 0; at < order.length;) {
    const { pack, byteOffset: offset, byteLength } = images[order[at]];
    let end = offset + byteLength;
    let next = at + 1;
    for (; next < order.length; next++) {
      const image = images[order[next]];
      if (image.pack !== pack || image.byteOffset > end + worthReading) break;
      end = Math.max(end, image.byteOffset + image.byteLength);
    }
    const bytes = await readRange(objects, imagePackKey(pack), { offset, length: end - offset });
    for (const i of order.slice(at, next)) {
      const start = images[i].byteOffset - offset;
      found[i] = bytes.subarray(start, start + images[i].byteLength);
    }
    at = next;
  }
  return found;
}

async function readRange(objects: ObjectStore, key: string, range: ByteRange): Promise<Uint8Array> {
  const unreadable = (what: string, cause?: unknown) =>
    new DiptychError('index_unreadable', `${key}: ${what}`, { key }, { cause });
  try {
    const bytes = await objects.get(key, { range });
    if (bytes) return bytes;
  } catch (error) {
    if (!(error instanceof DiptychError) || error.code !== 'range_not_satisfiable') throw error;
    const { offset, length } = range;
    throw unreadable(`expected images in ${length} bytes from ${offset}: ${error.message}`, error);
  }
  throw unreadable('expected a pack of images, got none');
}
