/** The part of the HTTP API (docs/api.md) that the page uses. */
export type Mode = 'hybrid' | 'keyword' | 'vector';

export interface Match {
  readonly id: string;
  readonly score: number;
  readonly probability?: number;
  readonly metadata: {
    readonly title?: string;
    readonly set?: string;
    readonly imageUrl?: string;
  };
}

export interface SearchAnswer {
  readonly count: number;
  readonly matches: readonly Match[];
  readonly nextCursor: string | null;
  readonly index: { readonly collection: string; readonly version: string; readonly model: string };
  readonly timings: Readonly<Record<string, number>>;
}

export interface Caption {
  readonly text: string;
  readonly score: number;
  readonly probability?: number;
}

export interface LabelScore {
  readonly label: string;
  readonly probability: number;
}

export interface CollectionInfo {
  readonly name: string;
  readonly version: string;
  readonly items: number;
}
