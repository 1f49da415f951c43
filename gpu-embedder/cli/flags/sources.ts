import { Option } from 'commander';

/** Flags that both `prepare` and `ingest` have for a kind of source. */
export const followLinksFlag = (): Option =>
  new Option('--follow-links', 'follow links that lead out of the folder of the images');

export const skipDamagedFlag = (): Option =>
  new Option('--skip-damaged', 'leave out what comes after damage in a file, and count it');

export const labelsFromFoldersFlag = (): Option =>
  new Option('--labels-from-folders', 'the folder that an image lies in is its label');
