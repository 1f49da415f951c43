import { createApp } from './app.ts';
import { kernels } from './vectors/bundled-kernels.ts';
import { addManagement } from './management.ts';
import { consume, nudge } from './jobs/queue.ts';
import { createCollections } from './collections/collections.ts';

export { VectorShard } from './vectors/vector-shard.ts';

/** The worker; versions stay loaded for as long as its isolate lives. */
const app = createApp(createCollections(kernels));
addManagement(app);

export default {
  fetch: app.fetch,
  queue: consume,
  scheduled: nudge,
};
