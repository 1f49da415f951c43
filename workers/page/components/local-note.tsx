/** Says, once all is loaded, that the browser alone answers. */
export function LocalNote() {
  return (
    <p class="local-note">
      This browser does the search itself: words and images do not leave it, and the network may be
      off.
    </p>
  );
}
