/** Secrets and settings that the worker reads from its environment (`workers/env.ts`). */
const names = [
  'DIPTYCH_ADMIN_TOKEN',
  'DATABASE_URL',
  'EMBEDDER_URL',
  'EMBEDDER_TOKEN',
  'IMAGE_URLS',
] as const;

/** Select the variables that are set, for the local worker. */
export function workerVariables(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
