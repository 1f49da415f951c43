import { describe, expect, it } from 'vitest';
import { overWhite } from '../../src/image/over-white.ts';
import { toPixelValues } from '../../src/image/preprocess.ts';
import { readPreprocessing } from '../../src/image/preprocessing.ts';
import { resizedSize } from '../../src/image/resized-size.ts';

const clip = {
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  do_normalize: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  size: { shortest_edge: 224 },
};

describe('readPreprocessing', () => {
  it('reads the configuration of CLIP, old and new', () => {
    const expected = {
      resize: { kind: 'shortest', side: 224 },
      crop: { width: 224, height: 224 },
      resample: 3,
      rescale: 1 / 255,
      mean: clip.image_mean,
      std: clip.image_std,
    };
    expect(readPreprocessing(clip)).toEqual(expected);
    expect(readPreprocessing({ ...clip, size: 224, crop_size: 224 })).toEqual(expected);
  });

  it('reads an exact size without crop', () => {
    const { resize, crop } = readPreprocessing({ size: { height: 64, width: 48 } });
    expect(resize).toEqual({ kind: 'exact', size: { height: 64, width: 48 } });
    expect(crop).toBeUndefined();
  });

  it('names the field that is wrong', () => {
    expect(() => readPreprocessing({ size: 64, image_mean: [0.5] })).toThrow(/image_mean/);
    expect(() => readPreprocessing({})).toThrow(/preprocessor_config\.json: size/);
  });
});

describe('resizedSize', () => {
  it('keeps the aspect ratio by the shortest side, or stretches', () => {
    const shortest = { kind: 'shortest', side: 64 } as const;
    expect(resizedSize(shortest, { width: 100, height: 333 })).toEqual({ width: 64, height: 213 });
    expect(resizedSize(shortest, { width: 333, height: 100 })).toEqual({ width: 213, height: 64 });
    const exact = { kind: 'exact', size: { width: 64, height: 64 } } as const;
    expect(resizedSize(exact, { width: 333, height: 100 })).toEqual({ width: 64, height: 64 });
  });
});

describe('overWhite', () => {
  it('lays straight and premultiplied pixels over white alike', () => {
    const straight = Uint8Array.of(255, 0, 0, 255, 9, 9, 9, 0, 100, 50, 0, 128);
    const premultiplied = Uint8Array.of(255, 0, 0, 255, 0, 0, 0, 0, 50, 25, 0, 128);
    const expected = [255, 0, 0, 255, 255, 255, 177, 152, 127];
    expect([...overWhite(straight)]).toEqual(expected);
    expect([...overWhite(premultiplied, { premultiplied: true })]).toEqual(expected);
  });
});

describe('toPixelValues', () => {
  it('normalises and puts colours first', () => {
    const rule = { rescale: 1 / 255, mean: [0, 0.5, 1], std: [1, 0.5, 2] };
    const values = toPixelValues(Uint8Array.of(0, 255, 51, 255, 0, 255), rule);
    [0, 1, 1, -1, -0.4, 0].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
  });

  it('refuses bytes that are no RGB', () => {
    expect(() => toPixelValues(new Uint8Array(4), readPreprocessing(clip))).toThrow(/4 bytes/);
  });
});
