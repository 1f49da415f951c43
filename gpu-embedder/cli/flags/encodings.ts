import { Option } from 'commander';
import { unexpected } from './numbers.ts';

/** Describe `--encoding`. */
export function encodingFlag(): Option {
  return new Option(
    '--encoding <name>',
    'of texts that are not UTF-8 and have no byte order mark, such as windows-1252',
  ).argParser(encodingName);
}

function encodingName(text: string): string {
  try {
    return new TextDecoder(text).encoding;
  } catch {
    throw unexpected('an encoding such as windows-1252, shift_jis or utf-16le', text);
  }
}
