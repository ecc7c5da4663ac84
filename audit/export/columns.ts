/** What a column of an exported table holds. Decimals are scaled integers: cash 18 decimals, the others nine. */
export type ColumnType = 'text' | 'integer' | 'instant' | 'cash' | 'price' | 'quantity';

export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
};

/** A value of a column: text and instants as text, integers as numbers, decimals as they are scaled. */
export type Cell = string | number | bigint | null;

/** A table that is exported: its columns in order. */
export type Table = { readonly name: string; readonly columns: readonly Column[] };

export type Row = Readonly<Record<string, Cell>>;

const optional = /\?$/;

/** A table from its columns' names and types; a question mark after the type: there may be nothing. */
export const tableOf = (
  name: string,
  columns: Readonly<Record<string, ColumnType | `${ColumnType}?`>>,
): Table => ({
  name,
  columns: Object.entries(columns).map(([column, type]) => ({
    name: column,
    type: type.replace(optional, '') as ColumnType,
    nullable: optional.test(type),
  })),
});
