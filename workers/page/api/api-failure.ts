/** What went wrong with a request, in words that can be shown as they are. */
export class ApiFailure extends Error {
  /** @param code - code of the server's error, or `offline` where no answer came */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiFailure';
  }
}

/** Reads `{error: {code, message}}`, or says the status where the body is something else. */
export function failureOf(status: number, body: unknown): ApiFailure {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  if (typeof error?.message === 'string') {
    return new ApiFailure(String(error.code ?? status), error.message);
  }
  return new ApiFailure(String(status), `The server answered ${status} without a message.`);
}
