import type { D1Binding } from '../src/catalogue/drivers/open-d1.ts';
import type { ArtifactBucket, ObjectBucket } from './stores/artifact-bucket.ts';
import type { Collections } from './collections/collections.ts';
import type { ImageScaler } from './images/image-scaler.ts';
import type { JobsBinding } from './jobs/open-jobs.ts';
import type { Collection, CollectionItems } from '../src/search/collection.ts';
import type { ShardNamespace } from './vectors/shard.ts';
import type { Timer } from './http/timer.ts';
import type { VectorizeBinding } from './vectors/vectorize-binding.ts';

/** Bindings of wrangler.toml, and what stands in for them where there is no worker. */
export interface Env {
  /** Published versions and models; a static site has a bucket that can only be read. */
  readonly ARTIFACTS: ArtifactBucket | ObjectBucket;
  /** Decodes and scales uploaded images. */
  readonly IMAGES: ImageScaler;
  /** Isolates that hold vectors in parts; a browser has none. */
  readonly SHARDS?: ShardNamespace;
  /** The vectors of collections that were published with `--vectorize`. */
  readonly VECTORIZE?: VectorizeBinding;
  /** Collections, items and jobs; searching needs none of it. */
  readonly CATALOGUE?: D1Binding;
  /** A secret: the catalogue is in PlanetScale then. */
  readonly DATABASE_URL?: string;
  /** A secret: a key that may do everything, to begin with. */
  readonly DIPTYCH_ADMIN_TOKEN?: string;
  /** Carries the steps of jobs. */
  readonly JOBS?: JobsBinding;
  /** Addresses of embedders, separated by commas. */
  readonly EMBEDDER_URL?: string;
  readonly EMBEDDER_TOKEN?: string;
  /** US dollars for one of them: reports of jobs estimate the cost with it. */
  readonly EMBEDDER_PRICE_PER_HOUR?: string;
  /** Prefixes of addresses that images may be fetched from. */
  readonly IMAGE_URLS?: string;
}

/** What handlers find in their context. */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: {
    collections: Collections;
    /** Opens a collection by the name in a request, or the one that is meant where none is named. */
    open: (name?: string) => Promise<Collection>;
    items: (name: string) => Promise<CollectionItems>;
    /** Runs since the request came. */
    timer: Timer;
  };
}
