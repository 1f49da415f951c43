import type { Loaded } from '../state/page-state.ts';

/** Says how much of the index has come, where the browser itself searches. */
export function LoadingLine({ loaded: { bytes, total } }: { readonly loaded: Loaded }) {
  const megabytes = (count: number) => (count / 1e6).toFixed(1);
  return (
    <p class="loading-line late">
      <label for="loading">
        Loading the index into this browser: {megabytes(bytes)} of {megabytes(total)} MB
      </label>
      <progress id="loading" value={bytes} max={total} />
    </p>
  );
}
