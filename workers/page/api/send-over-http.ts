import { ApiFailure } from './api-failure.ts';
import { requestInit, type Send } from './send.ts';

/** Sends calls to the worker that serves this page. */
export const sendOverHttp: Send = async (call, signal) => {
  let response: Response;
  try {
    response = await fetch(call.path, { ...requestInit(call), signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiFailure(
      'offline',
      'The server cannot be reached. Trying again every few seconds.',
    );
  }
  return { status: response.status, body: await response.json().catch(() => null) };
};
