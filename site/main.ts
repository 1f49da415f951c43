import { createApiClient } from '../workers/page/api/api-client.ts';
import { startPage } from '../workers/page/start-page.tsx';
import { createSearchClient } from './search-client.ts';

const { send, watchLoading } = createSearchClient(new URL('.', document.baseURI).href);
startPage({ client: createApiClient(send), mark: '#', watchLoading });
