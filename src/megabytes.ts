/** Write a number of bytes in megabytes (1e6), with one decimal. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
