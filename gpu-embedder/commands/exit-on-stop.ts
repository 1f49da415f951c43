/**
 * On Ctrl-C or SIGTERM tell the user that nothing is lost, and end: what the command does can be
 * broken off anywhere, and the local runtime would end the process without a word.
 *
 * @returns to listen no more
 */
export function exitOnStop(): () => void {
  const stop = (signal: NodeJS.Signals) => {
    process.stderr.write('\ninterrupted: the same command goes on from here\n');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.prependListener('SIGINT', stop).prependListener('SIGTERM', stop);
  return () => void process.off('SIGINT', stop).off('SIGTERM', stop);
}
