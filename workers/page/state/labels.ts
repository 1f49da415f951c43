/** Classes that icons and emoji fall into; a user replaces them by their own. */
export const defaultLabels: readonly string[] = [
  'animal',
  'food',
  'face',
  'person',
  'hand gesture',
  'plant',
  'weather',
  'transport',
  'building',
  'tool',
  'music',
  'sport',
];

const storageKey = 'diptych.labels';

/** Splits what was typed or pasted at commas and line ends: trimmed, no blanks, no doubles. */
export function labelsOf(text: string): readonly string[] {
  const names = text.split(/[,;\n]/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Reads the labels of an earlier visit, or the defaults if the storage is blocked or empty. */
export function loadLabels(): readonly string[] {
  try {
    const labels = labelsOf(localStorage.getItem(storageKey) ?? '');
    return labels.length > 0 ? labels : defaultLabels;
  } catch {
    return defaultLabels;
  }
}

/** Keeps labels for the next visit; a browser that blocks the storage forgets them. */
export function saveLabels(labels: readonly string[]): void {
  try {
    localStorage.setItem(storageKey, labels.join(','));
  } catch {
    return;
  }
}
