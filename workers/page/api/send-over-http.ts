import { ApiFailure } from './api-failure.ts';

/** Sends calls to the worker that serves this page. @throws ApiFailure where no answer comes */
export const sendOverHttp: typeof fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
  try {
    return await fetch(input, init);
  } catch (cause) {
    if (init?.signal?.aborted) throw cause;
    throw new ApiFailure(
      'offline',
      'The server cannot be reached. Trying again every few seconds.',
    );
  }
};
