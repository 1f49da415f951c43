import type { ApiAnswer, ApiCall } from '../workers/page/api/send.ts';
import { errorAnswer } from '../workers/services/error-answer.ts';
import { openSite, type OpenSite } from './open-site.ts';
import type { FromSearch, ToSearch } from './protocol.ts';

/** The worker's side of the page: the API of the worker, in a thread of this browser. */
const thread = self as unknown as {
  postMessage(message: FromSearch): void;
  onmessage: (event: MessageEvent<ToSearch>) => void;
};

let base: URL;
let opening: Promise<OpenSite> | null = null;

thread.onmessage = ({ data }) => {
  if ('base' in data) {
    base = new URL(data.base);
    open().catch(() => undefined);
    return;
  }
  const { id, call } = data;
  void answer(call).then((found) => thread.postMessage({ id, answer: found }));
};

/** What failed is tried again by the next call. */
function open(): Promise<OpenSite> {
  opening ??= openSite(base, (loaded) => thread.postMessage({ loaded })).catch((error: unknown) => {
    opening = null;
    throw error;
  });
  return opening;
}

async function answer(call: ApiCall): Promise<ApiAnswer> {
  try {
    return await (await open()).answer(call);
  } catch (error) {
    console.warn(error);
    const { status, body } = errorAnswer(error);
    return { status, body: JSON.parse(body) as unknown };
  }
}
