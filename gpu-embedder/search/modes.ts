/** How a text is matched, the default first. */
export const modes = ['hybrid', 'vector', 'keyword'] as const;

export type Mode = (typeof modes)[number];
