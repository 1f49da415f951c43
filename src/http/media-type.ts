/** Tell the media type that a `content-type` header names, in lower case and without parameters. */
export function mediaType(header = ''): string {
  const [type = ''] = header.split(';');
  return type.trim().toLowerCase();
}
