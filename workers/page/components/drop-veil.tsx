import { ImageIcon } from './icons.tsx';

export function DropVeil() {
  return (
    <div class="drop-veil" aria-hidden="true">
      <ImageIcon />
      <p>Drop the image to see its captions, classes and look-alikes</p>
    </div>
  );
}
