/** What an item is titled by; of captions, the first says most. */
export interface Titled {
  readonly id: string;
  readonly title?: string;
  readonly captions: readonly string[];
  readonly label?: string;
}

/** Title an item: by its own title, else its first caption, else its label, else its id. */
export function titleOf({ id, title, captions, label }: Titled): string {
  return title || captions.at(0) || label || id;
}
