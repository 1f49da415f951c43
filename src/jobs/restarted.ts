/** What the local runtime says instead of a cron expression when it has just started. */
export const restarted = 'restarted';
