import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { DiptychError } from '../../../../src/errors.ts';
import type { ServiceMetrics } from '../service-metrics.ts';

/** Called with the line of each request, as plain data. */
export type RequestLog = (line: Readonly<Record<string, unknown>>) => void;

declare module 'hono' {
  interface ContextVariableMap {
    /** Images and texts of a request, for its line in the log. */
    counts: { readonly images: number; readonly texts: number };
  }
}

/** Log and count every request. The message of an unforeseen error is logged and never sent. */
export const logRequests =
  (log: RequestLog, metrics: ServiceMetrics): MiddlewareHandler =>
  async (c, next) => {
    const began = performance.now();
    await next();
    const ms = performance.now() - began;
    const { method, path } = c.req;
    const { status } = c.res;
    // The metric has the pattern of the route: a client that requests many paths must not add many series.
    const route = routePath(c, -1);
    metrics.request(route.includes('*') ? 'other' : route, status, ms / 1000);
    log({
      time: new Date().toISOString(),
      method,
      path,
      status,
      ms: Math.round(10 * ms) / 10,
      ...c.get('counts'),
      ...describe(c.error),
    });
  };

function describe(error: Error | undefined): Readonly<Record<string, unknown>> {
  if (!error) return {};
  const { message, cause, stack } = error;
  return {
    error: message,
    ...(cause === undefined ? {} : { cause: String(cause) }),
    ...(error instanceof DiptychError ? {} : { stack }),
  };
}
