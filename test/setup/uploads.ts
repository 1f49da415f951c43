import sharp from 'sharp';

/** A picture without symmetry, so that a turned or mirrored one differs. */
const svg = (width: number, height: number) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
      <rect x="${width * 0.1}" y="${height * 0.1}" width="${width * 0.5}" height="${height * 0.3}" fill="#c33"/>
      <circle cx="${width * 0.3}" cy="${height * 0.75}" r="${width * 0.1}" fill="#36c"/>
    </svg>`,
  );

/** Images of every kind that an upload may be, by file name. */
export async function uploads(): Promise<Record<string, Uint8Array>> {
  const square = sharp(svg(128, 128));
  const onWhite = square.clone().flatten({ background: '#fff' });
  const photo = sharp(svg(160, 80)).flatten({ background: '#ddd' });
  const turned = await photo.clone().rotate(270).jpeg({ quality: 95 }).toBuffer();
  return {
    // The background is transparent and must count as white.
    'square.png': await square.clone().png().toBuffer(),
    'wide.png': await sharp(svg(160, 80)).png().toBuffer(),
    'palette.png': await square.clone().png({ palette: true }).toBuffer(),
    'deep.png': await onWhite.clone().toColourspace('rgb16').png().toBuffer(),
    'grey.png': await onWhite.clone().toColourspace('b-w').png().toBuffer(),
    'square.jpg': await onWhite.clone().jpeg({ quality: 95 }).toBuffer(),
    'progressive.jpg': await onWhite.clone().jpeg({ quality: 95, progressive: true }).toBuffer(),
    'square.webp': await square.clone().webp({ quality: 95 }).toBuffer(),
    'lossless.webp': await onWhite.clone().webp({ lossless: true }).toBuffer(),
    'square.gif': await square.clone().gif().toBuffer(),
    'square.avif': await onWhite.clone().avif({ quality: 90 }).toBuffer(),
    'upright.jpg': await photo.clone().jpeg({ quality: 95 }).toBuffer(),
    // The picture is stored on its side, with an EXIF tag for its orientation.
    'turned.jpg': await sharp(turned)
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer(),
    ...(await inOtherFormats(turned)),
    'vector.svg': svg(64, 64),
  };
}

/** The picture that is stored on its side, in the other formats that have an orientation. */
async function inOtherFormats(turned: Buffer): Promise<Record<string, Uint8Array>> {
  const image = sharp(turned).withMetadata({ orientation: 6 });
  return {
    'turned.png': await image.clone().png().toBuffer(),
    'turned.webp': await image.clone().webp({ lossless: true }).toBuffer(),
    'turned.avif': await image.clone().avif({ quality: 90 }).toBuffer(),
  };
}
