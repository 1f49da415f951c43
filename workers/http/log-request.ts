import type { MiddlewareHandler } from 'hono';

/** Write one line of JSON per request; an error's own text is logged, never sent. */
export const logRequest: MiddlewareHandler = async (c, next) => {
  const start = Date.now();
  await next();
  const { method, path } = c.req;
  const line: Record<string, unknown> = {
    method,
    path,
    status: c.res.status,
    ms: Date.now() - start,
  };
  const { error } = c;
  if (error) line.error = error.message;
  if (error && c.res.status >= 500) line.stack = error.stack;
  if (error?.cause) line.cause = String(error.cause);
  console.log(JSON.stringify(line));
};
