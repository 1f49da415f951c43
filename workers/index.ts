import { createApp } from './app.ts';
import { kernels } from './kernels.ts';
import { addManagement } from './management.ts';
import { consume, nudge } from './queue.ts';
import { createCollections } from './services/collections.ts';

export { VectorShard } from './vector-shard.ts';

/** The worker; versions stay loaded for as long as its isolate lives. */
const app = createApp(createCollections(kernels));
addManagement(app);

export default {
  fetch: app.fetch,
  queue: consume,
  scheduled: nudge,
};
