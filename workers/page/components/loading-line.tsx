import { megabytes } from '../../../src/megabytes.ts';
import type { Loaded } from '../state/page-state.ts';

/** Says how much of the index is loaded, if the browser itself searches. */
export function LoadingLine({ loaded: { bytes, total } }: { readonly loaded: Loaded }) {
  return (
    <p class="loading-line late">
      <label for="loading">
        Loading the index into this browser: {megabytes(bytes)} of {megabytes(total)} MB
      </label>
      <progress id="loading" value={bytes} max={total} />
    </p>
  );
}
