/** Formats that the Images service and browsers scale, and so a query may have. */
export const queryFormats = ['png', 'jpeg', 'webp', 'gif', 'avif'] as const;
/** Formats that an item may have. docs/images.md says at which doors each is taken. */
export const imageFormats = [...queryFormats, 'tiff', 'svg'] as const;

export type QueryFormat = (typeof queryFormats)[number];
export type ImageFormat = (typeof imageFormats)[number];
/** Formats whose first bytes tell a size in pixels. */
export type RasterFormat = Exclude<ImageFormat, 'svg'>;

/** Tell the media type of a format. */
export function mediaTypeOf(format: ImageFormat): string {
  return format === 'svg' ? 'image/svg+xml' : `image/${format}`;
}

/** Tell the format of an image from its first bytes; null where no door takes it. */
export function formatOf(bytes: Uint8Array): ImageFormat | null {
  const head = headOf(bytes);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (/^GIF8[79]a/.test(head)) return 'gif';
  if (/^RIFF.{4}WEBP/s.test(head)) return 'webp';
  if (/^(II\*\0|MM\0\*)/.test(head) && !/^.{8}CR/s.test(head)) return 'tiff';
  if (/avi[fs]/.test(brandsOf(head))) return 'avif';
  return isSvg(bytes) ? 'svg' : null;
}

/** Tell the format of an upload that is a query; null where it cannot be one. */
export function queryFormatOf(bytes: Uint8Array): QueryFormat | null {
  const format = formatOf(bytes);
  return queryFormats.find((one) => one === format) ?? null;
}

/** Tell from its first bytes whether a file is SVG. Declarations and comments may come first. */
function isSvg(bytes: Uint8Array): boolean {
  if (!/^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return false;
  const head = new TextDecoder().decode(bytes.subarray(0, 65536));
  return /^\s*(<\?xml|<!--|<!doctype svg|<(\w+:)?svg)/i.test(head) && /<(\w+:)?svg[\s>]/.test(head);
}

/** Read the brands of an ISO base media file (ISO/IEC 14496-12, 4.3); empty for another file. */
export function brandsOf(head: string): string {
  return head.slice(4, 8) === 'ftyp' ? head.slice(8, Math.max(12, head.charCodeAt(3))) : '';
}

/** Read the first bytes of a file as Latin-1, in which a byte is a character. */
export function headOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 64));
}
