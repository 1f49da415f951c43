import { createApiClient } from './api/api-client.ts';
import { sendOverHttp } from './api/send-over-http.ts';
import { startPage } from './start-page.tsx';

startPage({ client: createApiClient(sendOverHttp), mark: '?' });
