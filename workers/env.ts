/** Bindings of wrangler.toml. */
export interface Env {
  /** Published versions and models; keys as in docs/architecture.md. */
  readonly ARTIFACTS: R2Bucket;
  /** Decodes and scales uploaded images. */
  readonly IMAGES: ImagesBinding;
}
