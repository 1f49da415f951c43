import { imageName } from '../find-images.ts';
import type { SampleMember, TarSample } from './tar-samples.ts';

const textNames = ['txt', 'json', 'cls'];
const isImage = (extension: string): boolean => imageName.test(`.${extension}`);
/** `x.depth.png` has two extensions: it holds data about the image `x`, not the image itself. */
const isPlain = (extension: string): boolean => !extension.includes('.');

/** Whether the bytes of a member are needed. */
export const isNeeded = (extension: string): boolean =>
  isPlain(extension) && (isImage(extension) || textNames.includes(extension));

/** The images of a sample, which are counted one by one. */
export const imagesOf = ({ members }: TarSample): readonly SampleMember[] =>
  members.filter(({ extension }) => isPlain(extension) && isImage(extension));

/**
 * Find images that were meant to be samples themselves, but have a dot in their names: they have a
 * text of their own, or no other member has a plain name.
 */
export function imagesWithDots({ members }: TarSample): readonly SampleMember[] {
  const extensions = new Set(members.map(({ extension }) => extension));
  const isAlone = !members.some(({ extension }) => isNeeded(extension));
  return members.filter(({ extension }) => {
    if (isPlain(extension) || !isImage(extension)) return false;
    const stem = extension.replace(imageName, '');
    return isAlone || textNames.some((text) => extensions.has(`${stem}.${text}`));
  });
}
