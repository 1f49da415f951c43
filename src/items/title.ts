/** The fields of an item that can become its title; the first caption says the most. */
export interface Titled {
  readonly id: string;
  readonly title?: string | null;
  readonly captions: readonly string[];
  readonly label?: string | null;
}

/** Choose the title of an item: its own title, or else its first caption, its label or its id. */
export function titleOf({ id, title, captions, label }: Titled): string {
  return title || captions.at(0) || label || id;
}
