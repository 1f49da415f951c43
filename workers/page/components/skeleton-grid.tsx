const tiles = Array.from({ length: 12 }, (_, tile) => tile);

/** Grey tiles where results will stand; they appear only when an answer takes its time. */
export function SkeletonGrid() {
  return (
    <ul class="grid skeleton" aria-hidden="true">
      {tiles.map((tile) => (
        <li key={tile} class="card">
          <span class="picture" />
          <span class="bone" />
        </li>
      ))}
    </ul>
  );
}
