import { progressBar } from '../../common/progress.ts';

/** Show the progress of a piece of work while it runs. */
export async function withProgress<T>(
  label: string,
  total: number,
  work: (update: (done: number) => void) => Promise<T>,
): Promise<T> {
  const progress = progressBar(label, total);
  try {
    return await work((done) => progress.update(done));
  } finally {
    progress.stop();
  }
}
