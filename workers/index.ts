import { createApp } from './app.ts';
import { kernels } from './kernels.ts';
import { createCollections } from './services/collections.ts';

export { VectorShard } from './vector-shard.ts';

/** The worker; versions stay loaded for as long as its isolate lives. */
export default createApp(createCollections(kernels));
