/** `?` says that a column may be null. */
export type ColumnType = 'text' | 'text?' | 'integer' | 'integer?';

/** The type of a column, or the texts that it can hold. */
export type Column = ColumnType | readonly string[];

type Columns = Readonly<Record<string, Column>>;

/** A table. The names of its columns are in camelCase, the names of its indexes are those of SQL. */
export interface Table<Own extends Columns = Columns, Name extends string = keyof Own & string> {
  readonly columns: Own;
  readonly primaryKey: readonly Name[];
  readonly indexes?: Readonly<Record<string, readonly Name[]>>;
  readonly unique?: Readonly<Record<string, readonly Name[]>>;
}

/** Describe a table, so that the compiler checks the columns that its keys and indexes name. */
export function table<const Own extends Columns>(description: Table<Own>): Table<Own> {
  return description;
}

/** List the columns of a table in their order, except some. */
export function columnsBut<Own extends Columns, Name extends keyof Own & string>(
  { columns }: Table<Own>,
  without: readonly Name[],
): Exclude<keyof Own & string, Name>[] {
  const isLeft = (name: string): name is Exclude<keyof Own & string, Name> =>
    name in columns && !without.some((other) => other === name);
  return Object.keys(columns).filter(isLeft);
}

/** A row of a table that {@link table} describes. */
export type RowOf<T extends Table> = {
  readonly [Name in keyof T['columns']]: ValueOf<T['columns'][Name]>;
};

type ValueOf<C extends Column> = C extends readonly (infer Text)[]
  ? Text
  : C extends 'text'
    ? string
    : C extends 'text?'
      ? string | null
      : C extends 'integer'
        ? number
        : number | null;
