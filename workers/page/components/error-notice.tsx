import type { ApiFailure } from '../api/api-failure.ts';

interface ErrorNoticeProps {
  readonly failure: ApiFailure;
  readonly onRetry?: () => void;
}

/** Shows the server's own words; the code stands beneath for a report. */
export function ErrorNotice({ failure, onRetry }: ErrorNoticeProps) {
  return (
    <div class="notice is-error" role="alert">
      <p class="notice-title">{failure.message}</p>
      <p class="notice-code">{failure.code}</p>
      {onRetry && (
        <button type="button" class="quiet-button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
