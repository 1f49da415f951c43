import type { Bucket, BucketCondition } from '../../src/objects/bucket-store.ts';

/** The bucket of published artifacts: an R2Bucket, or a stand-in with the same methods. */
export interface ArtifactBucket {
  get(
    key: string,
    options?: { range: { offset: number; length: number } },
  ): Promise<StoredObject | null>;
  list(options: { prefix: string; delimiter: string; cursor?: string }): Promise<StoredKeys>;
}

export interface StoredObject {
  /** Length of the whole object, bytes, as the store reports it; `body` may differ. */
  readonly size: number;
  /** The object, or the requested range of it. */
  readonly body: ReadableStream;
}

export type StoredKeys = { readonly delimitedPrefixes: string[] } & (
  { readonly truncated: false } | { readonly truncated: true; readonly cursor: string }
);

/** A bucket that can be written as well: an R2Bucket, but not the files of a static site. */
export interface ObjectBucket extends ArtifactBucket, Pick<Bucket, 'head' | 'delete'> {
  get(
    key: string,
    options?: { range: { offset: number; length: number } },
  ): Promise<WrittenObject | null>;
  list(options: {
    prefix: string;
    delimiter?: string;
    cursor?: string;
  }): Promise<StoredKeys & { objects: { key: string; size: number; uploaded: Date }[] }>;
  put(
    key: string,
    value: Uint8Array | ReadableStream,
    options?: { onlyIf: BucketCondition },
  ): Promise<{ etag: string } | null>;
  createMultipartUpload(key: string): Promise<{ uploadId: string }>;
  resumeMultipartUpload(key: string, uploadId: string): MultipartUpload;
}

export interface WrittenObject extends StoredObject {
  readonly etag: string;
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
