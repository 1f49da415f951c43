/** Something that does not agree. */
export interface Difference {
  /** A stable name, for scripts. */
  readonly kind:
    | 'pointer_missing'
    | 'pointer_unreadable'
    | 'pointer_outdated'
    | 'version_missing'
    | 'version_damaged'
    | 'item_not_in_version'
    | 'item_not_in_ledger'
    | 'item_not_in_catalogue'
    | 'image_missing'
    | 'image_damaged'
    | 'image_pack_damaged'
    | 'embeddings_missing'
    | 'embeddings_damaged'
    | 'ledger_open'
    | 'deleted_unreadable'
    | 'deleted_shown'
    | 'hidden_not_deleted';
  /** The item, object, version or job that it is about. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What to do. */
  readonly fix: string;
}

/** Something that `verify --repair` does. It takes no good thing away, and may be done twice. */
export interface Repair {
  /** What it does, as "forget …": it is also shown before it is done. */
  readonly what: string;
  apply(): Promise<unknown>;
}

/** How many differences are kept in memory; all are counted. */
const mostListed = 10_000;

/** Collects what a verification finds. */
export function findings() {
  const [listed, repairs]: [Difference[], Repair[]] = [[], []];
  let count = 0;
  return {
    differ(difference: Difference): void {
      count += 1;
      if (listed.length < mostListed) listed.push(difference);
    },
    mend(repair: Repair): void {
      repairs.push(repair);
    },
    /** The first differences, how many there are in all, and what can be done about them. */
    found: () => ({ differences: listed, count, repairs }),
  };
}

export type Findings = Pick<ReturnType<typeof findings>, 'differ' | 'mend'>;

/** Write a difference as one line. */
export function differenceLine({ kind, where, expected, got, fix }: Difference): string {
  return `${kind}: ${where}: expected ${expected}, got ${got}: ${fix}`;
}
