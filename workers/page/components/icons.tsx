import type { Child } from 'hono/jsx';

/** Draws a 24-unit stroke icon in the colour of its text; its button carries the name. */
function Icon({ children }: { readonly children: Child }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m15.5 15.5 5 5" />
  </Icon>
);

export const ImageIcon = () => (
  <Icon>
    <rect x="3.5" y="4.5" width="17" height="15" rx="3" />
    <circle cx="9" cy="10" r="1.6" />
    <path d="m4 17.5 5-4.5 3.5 3 3-2.5 5 4" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6.5 6.5 11 11m0-11-11 11" />
  </Icon>
);

export const SlidersIcon = () => (
  <Icon>
    <path d="M4 8h8m5 0h3M4 16h3m5 0h8" />
    <circle cx="14.5" cy="8" r="2.3" />
    <circle cx="9.5" cy="16" r="2.3" />
  </Icon>
);

export const LogoIcon = () => (
  <svg class="logo-mark" viewBox="0 0 32 32" aria-hidden="true">
    <path class="logo-left" d="M3 7.5 15 4v24L3 24.5z" />
    <path class="logo-right" d="m17 4 12 3.5v17L17 28z" />
  </svg>
);
