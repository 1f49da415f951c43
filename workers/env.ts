import type { D1Binding } from '../src/catalogue/drivers/open-d1.ts';
import type { ArtifactBucket, ObjectBucket } from './stores/artifact-bucket.ts';
import type { Collections } from './collections/collections.ts';
import type { ImageScaler } from './images/image-scaler.ts';
import type { JobsBinding } from './jobs/open-jobs.ts';
import type { Collection, CollectionItems } from '../src/search/collection.ts';
import type { ShardNamespace } from './vectors/shard.ts';
import type { Timer } from './http/timer.ts';
import type { VectorizeBinding } from './vectors/vectorize-binding.ts';

/** Bindings of wrangler.toml; a static site passes stand-ins for the required ones. */
export interface Env {
  /** Published versions and models; a static site has a bucket that can only be read. */
  readonly ARTIFACTS: ArtifactBucket | ObjectBucket;
  /** Decodes and scales uploaded images. */
  readonly IMAGES: ImageScaler;
  /** Isolates that hold vectors in parts; a browser has none. */
  readonly SHARDS?: ShardNamespace;
  /** The vectors of versions that keep them in Vectorize. */
  readonly VECTORIZE?: VectorizeBinding;
  /** Collections, items and jobs; a search does not need it. */
  readonly CATALOGUE?: D1Binding;
  /** A secret: the address of a catalogue in PlanetScale, which then replaces `CATALOGUE`. */
  readonly DATABASE_URL?: string;
  /** A secret: a token that may do everything; the first API key is created with it. */
  readonly DIPTYCH_ADMIN_TOKEN?: string;
  /** Carries the steps of jobs. */
  readonly JOBS?: JobsBinding;
  /** Addresses of embedders, separated by commas. */
  readonly EMBEDDER_URL?: string;
  readonly EMBEDDER_TOKEN?: string;
  /** US dollars for an hour of one embedder; reports of jobs estimate their cost from it. */
  readonly EMBEDDER_PRICE_PER_HOUR?: string;
  /** Prefixes of addresses that images may be fetched from. */
  readonly IMAGE_URLS?: string;
}

/** What handlers find in their context. */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: {
    collections: Collections;
    /** Opens a collection by its name, or the default one. */
    open: (name?: string) => Promise<Collection>;
    items: (name: string) => Promise<CollectionItems>;
    /** Started when the request arrived. */
    timer: Timer;
  };
}
