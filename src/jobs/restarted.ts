/** The local runtime passes this in place of a cron expression when it has just started. */
export const restarted = 'restarted';
