import type { Command } from 'commander';
import type { Columns } from '../../data/readers/columns.ts';
import { names } from './lists.ts';

/** What the flags of {@link withColumns} and {@link withImageColumn} give. */
export interface ColumnFlags {
  readonly imageColumn?: string;
  readonly captionColumn?: readonly string[];
  readonly labelColumn?: string;
  readonly idColumn?: string;
  readonly tagsColumn?: string;
  readonly splitColumn?: string;
  readonly ignoreSplit?: boolean;
}

/** Add the flags that name the columns of a table, or the fields of .json members. */
export function withColumns(command: Command): Command {
  return command
    .option(
      '--caption-column <names>',
      'default: caption, captions, text, title, …, or caption_0, caption_1, …; may be given again',
      (text, before: readonly string[] = []) => [...before, ...names(text)],
    )
    .option('--label-column <name>', 'default: label, class, category or cls')
    .option('--id-column <name>', 'default: id, or else the place of the image')
    .option('--tags-column <name>', 'default: tags or keywords; separated by , ; or |');
}

/** Add the flags about the split of a source. */
export function withSplit(command: Command): Command {
  return command
    .option('--split-column <name>', 'default: split; train, or validation, val, dev, test')
    .option('--ignore-split', "take no notice of the source's own split");
}

export function withImageColumn(command: Command): Command {
  return command.option('--image-column <name>', 'default: image, file_name, file, path, img, …');
}

export function columnsOf(flags: ColumnFlags): Columns {
  return {
    id: flags.idColumn,
    image: flags.imageColumn,
    caption: flags.captionColumn,
    tags: flags.tagsColumn,
    label: flags.labelColumn,
    split: flags.ignoreSplit ? false : flags.splitColumn,
  };
}
