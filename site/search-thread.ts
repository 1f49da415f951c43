import { errorAnswer } from '../workers/http/error-answer.ts';
import { openSite, type OpenSite } from './open-site.ts';
import type { FromSearch, SentAnswer, SentRequest, ToSearch } from './protocol.ts';

/** The thread of the browser in which the API of the worker runs. */
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
  const { id, request } = data;
  void answer(request).then((found) => thread.postMessage({ id, answer: found }));
};

/** Open the site once. After a failure, the next request tries again. */
function open(): Promise<OpenSite> {
  opening ??= openSite(base, (loaded) => thread.postMessage({ loaded })).catch((error: unknown) => {
    opening = null;
    throw error;
  });
  return opening;
}

async function answer(request: SentRequest): Promise<SentAnswer> {
  try {
    return await (await open()).answer(request);
  } catch (error) {
    console.warn(error);
    return errorAnswer(error, true);
  }
}
