import sharp, { type Sharp } from 'sharp';
import {
  afterJpegStart,
  beforePngChunk,
  exif,
  exifSegment,
  gif,
  jpegSegment,
  pngChunk,
  webpWithExif,
} from './image-bytes.ts';

const [width, height] = [72, 48];
const sceneSize = [width, height] as const;

/** A scene without symmetry, so that a turned or mirrored one differs. */
const scene = (ratio = 1) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width * ratio}" height="${height * ratio}" viewBox="0 0 ${width} ${height}">
    <rect width="50" height="12" fill="#d22"/>
    <rect y="12" width="12" height="36" fill="#22d"/>
    <circle cx="50" cy="34" r="8" fill="#161"/>
  </svg>`;

/** Change the scene so that an orientation changes it back. */
const stored: Readonly<Record<number, (image: Sharp) => Sharp>> = {
  1: (image) => image,
  2: (image) => image.flop(),
  3: (image) => image.rotate(180),
  4: (image) => image.flip(),
  // sharp mirrors before it rotates.
  5: (image) => image.rotate(270).flop(),
  6: (image) => image.rotate(270),
  7: (image) => image.rotate(90).flop(),
  8: (image) => image.rotate(90),
};

const turnable = ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const;

/** The scene over white, as the pixels that an orientation turns upright. */
async function turned(orientation: number): Promise<Sharp> {
  const upright = sharp(Buffer.from(scene())).flatten({ background: '#fff' });
  return sharp(await stored[orientation](upright).png().toBuffer());
}

/** The same scene in every format and orientation, and in kinds of files that real programs write. */
export async function scenes(): Promise<Record<string, Buffer>> {
  const images: Record<string, Buffer> = {};
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const image = await turned(orientation);
    for (const format of turnable) {
      const name = `turned-${orientation}.${format}`;
      images[name] = await encoded(image.clone().withMetadata({ orientation }), format);
    }
  }
  return { ...images, ...(await handMade()), ...(await ignoredExif()), ...(await otherKinds()) };
}

function encoded(image: Sharp, format: (typeof turnable)[number]): Promise<Buffer> {
  const lossy = { quality: 95, chromaSubsampling: '4:4:4' } as const;
  switch (format) {
    case 'jpeg':
      return image.jpeg(lossy).toBuffer();
    case 'avif':
      return image.avif({ ...lossy, effort: 1 }).toBuffer();
    case 'webp':
      return image.webp({ lossless: true }).toBuffer();
    case 'png':
      return image.png().toBuffer();
    case 'tiff':
      return image.tiff({ compression: 'lzw' }).toBuffer();
  }
}

/** EXIF as no encoder here writes it; all of these are turned by a quarter. */
async function handMade(): Promise<Record<string, Buffer>> {
  const image = await turned(6);
  const [jpeg, png, webp] = await Promise.all(
    (['jpeg', 'png', 'webp'] as const).map((format) => encoded(image.clone(), format)),
  );
  const size = [height, width] as const;
  const xmp = jpegSegment(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>'));
  const jfif = jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1'));
  const fill = Buffer.from([0xff, 0xff, 0xff]);
  return {
    'big-endian.jpg': afterJpegStart(jpeg, exifSegment(exif(6, 'MM'))),
    'exif-last.jpg': afterJpegStart(jpeg, jfif, xmp, fill, exifSegment(exif(6))),
    'two-exif.jpg': afterJpegStart(jpeg, exifSegment(exif(6)), exifSegment(exif(3))),
    'big-endian.png': beforePngChunk(png, 'IDAT', pngChunk('eXIf', exif(6, 'MM'))),
    'big-endian.webp': webpWithExif(webp, size, exif(6, 'MM')),
    'prefixed.webp': webpWithExif(webp, size, Buffer.concat([Buffer.from('Exif\0\0'), exif(6)])),
  };
}

/** EXIF that no decoder obeys: behind the pixels, and not announced by the header. */
async function ignoredExif(): Promise<Record<string, Buffer>> {
  const image = await turned(1);
  const [png, webp] = await Promise.all([
    encoded(image.clone(), 'png'),
    encoded(image.clone(), 'webp'),
  ]);
  const unannounced = webpWithExif(webp, sceneSize, exif(6));
  const flags = unannounced.indexOf('VP8X') + 8;
  unannounced[flags] = 0;
  return {
    'exif-behind.png': beforePngChunk(png, 'IEND', pngChunk('eXIf', exif(6))),
    'unannounced.webp': unannounced,
  };
}

async function otherKinds(): Promise<Record<string, Buffer>> {
  const clear = sharp(Buffer.from(scene()));
  const white = await turned(1);
  const other = await white.clone().negate().png().toBuffer();
  const jpeg = await encoded(white.clone(), 'jpeg');
  const frames = [await white.clone().png().toBuffer(), other];
  const animated = () => sharp(frames, { join: { animated: true } });
  return {
    // Phones of one maker write other numbers of a scan than a sequential JPEG has.
    'scan-numbers.jpg': withScanNumbers(jpeg),
    'progressive.jfif': await white.clone().jpeg({ quality: 95, progressive: true }).toBuffer(),
    'display-p3.jpg': await white.clone().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    'display-p3.png': await white.clone().withIccProfile('p3').png().toBuffer(),
    'orientation-9.jpg': afterJpegStart(jpeg, exifSegment(exif(9))),
    'clear.png': await clear.clone().png().toBuffer(),
    'clear.webp': await clear.clone().webp({ lossless: true }).toBuffer(),
    'palette.png': await clear.clone().png({ palette: true }).toBuffer(),
    'deep.png': await white.clone().toColourspace('rgb16').png().toBuffer(),
    'interlaced.png': await white.clone().png({ progressive: true }).toBuffer(),
    'apng.png': animatedPng(await white.clone().png().toBuffer(), other),
    'still.gif': await clear.clone().gif().toBuffer(),
    'animated.gif': await animated().gif().toBuffer(),
    'animated.webp': await animated().webp({ lossless: true }).toBuffer(),
    'small.svg': Buffer.from(scene()),
    // An SVG has no pixels, whatever size it says.
    'huge.svg': Buffer.from(scene(1000)),
  };
}

/** Kinds of files whose pictures differ from the scene, by name. */
export async function otherPictures(): Promise<Record<string, Buffer>> {
  const white = await turned(1);
  return {
    // Nothing says that this one is to be turned.
    'lying.png': await (await turned(6)).png().toBuffer(),
    // Ink cannot show these colours.
    'cmyk.jpg': await white.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    'grey.jpg': await white.clone().greyscale().jpeg({ quality: 95 }).toBuffer(),
    'grey-alpha.png': await sharp(Buffer.from(scene())).toColourspace('b-w').png().toBuffer(),
    'one-bit.png': await white.clone().png({ palette: true, colours: 2, dither: 0 }).toBuffer(),
    'part-of-screen.gif': gif([60, 40], [{ place: [10, 10], size: [30, 20], colour: 0 }]),
    'past-the-screen.gif': gif([1, 1], [{ size: [30, 20], colour: 2 }]),
  };
}

/** Files that are met under the names of pictures. Only of the last one, the first bytes are good. */
export async function noPictures(): Promise<Record<string, Buffer>> {
  const jpeg = await encoded(await turned(1), 'jpeg');
  return {
    'phone.heic': Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'),
    'login.jpg': Buffer.from('<!doctype html><title>Log in</title>'),
    'empty.png': Buffer.alloc(0),
    'cut.jpg': jpeg.subarray(0, jpeg.length / 2),
  };
}

/** Write zeros where the scan of a sequential JPEG says which coefficients it has. */
function withScanNumbers(jpeg: Buffer): Buffer {
  const changed = Buffer.from(jpeg);
  const scan = changed.indexOf(Buffer.from([0xff, 0xda]));
  changed.fill(
    0,
    scan + 2 + changed.readUInt16BE(scan + 2) - 3,
    scan + 2 + changed.readUInt16BE(scan + 2),
  );
  return changed;
}

/** An animated PNG: the pixels of one image, then those of another one of its size. */
function animatedPng(first: Buffer, second: Buffer): Buffer {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(2);
  const frame = (sequence: number) => {
    const content = Buffer.alloc(26);
    for (const [i, value] of [sequence, width, height].entries())
      content.writeUInt32BE(value, 4 * i);
    content.writeUInt16BE(1, 20);
    content.writeUInt16BE(10, 22);
    return pngChunk('fcTL', content);
  };
  const at = second.indexOf('IDAT');
  const pixels = second.subarray(at + 4, at + 4 + second.readUInt32BE(at - 4));
  const data = pngChunk('fdAT', Buffer.concat([Buffer.from([0, 0, 0, 2]), pixels]));
  const started = beforePngChunk(first, 'IDAT', pngChunk('acTL', control), frame(0));
  return beforePngChunk(started, 'IEND', frame(1), data);
}
