const grouped = new Intl.NumberFormat('en');

/** Writes 14903 as `14,903`. */
export const wholeNumber = (value: number): string => grouped.format(value);

/** Writes 0.4231 as `42 %`, and what would round to 0 as `< 1 %`. */
export function percent(share: number): string {
  return share > 0 && share < 0.005 ? '< 1 %' : `${Math.round(share * 100)} %`;
}
