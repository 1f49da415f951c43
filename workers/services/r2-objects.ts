import { DiptychError } from '../../src/errors.ts';
import { bucketStore, type Bucket, type BucketCondition } from '../../src/objects/bucket-store.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import type { Env } from '../env.ts';

/** What of an R2Bucket is used beyond reading versions: writing, and streams in both directions. */
export interface ObjectBucket extends Omit<Bucket, 'get' | 'put'> {
  get(
    key: string,
    options?: { range: { offset: number; length: number } },
  ): Promise<StreamedObject | null>;
  put(
    key: string,
    value: Uint8Array | ReadableStream,
    options?: { onlyIf: BucketCondition },
  ): Promise<{ etag: string } | null>;
  createMultipartUpload(key: string): Promise<{ uploadId: string }>;
  resumeMultipartUpload(key: string, uploadId: string): MultipartUpload;
}

export interface StreamedObject {
  /** Bytes of the whole object. */
  readonly size: number;
  readonly etag: string;
  readonly body: ReadableStream;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface MultipartUpload {
  uploadPart(part: number, value: ReadableStream): Promise<UploadedPart>;
  complete(parts: UploadedPart[]): Promise<{ etag: string }>;
  abort(): Promise<void>;
}

export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** The bucket of the worker as a store. @throws DiptychError not_found where it can only be read */
export function r2Objects(env: Env): ObjectStore {
  return bucketStore(objectBucket(env));
}

/** The bucket of the worker. @throws DiptychError not_found in a static site, which has none */
export function objectBucket({ ARTIFACTS }: Env): ObjectBucket {
  if ('put' in ARTIFACTS) return ARTIFACTS as unknown as ObjectBucket;
  throw new DiptychError('not_found', 'objects: here is no bucket that could be written');
}
