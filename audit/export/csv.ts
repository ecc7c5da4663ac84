import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  type Price,
  type Quantity,
} from '#domain/money.ts';
import type { LogReader } from '../ports/log-reader.ts';
import type { Cell, Column, Row, Table } from './columns.ts';
import type { ExportRange } from './range.ts';
import { exportRows } from './rows.ts';
import { type TableName, tables } from './tables.ts';
import type { Piece } from './write-books.ts';

/** A spreadsheet would compute what begins like this, whoever wrote it into a description. */
const formula = /^[=+\-@\t\r]/;

const textOf = ({ type }: Column, value: Cell): string => {
  if (value === null) return '';
  switch (type) {
    case 'cash':
      return formatCash(value as Cash);
    case 'price':
      return formatPrice(value as Price);
    case 'quantity':
      return formatQuantity(value as Quantity);
    case 'integer':
    case 'instant':
      return String(value);
    case 'text':
      return formula.test(String(value)) ? `'${value}` : String(value);
  }
};

/** A field in RFC 4180: quoted where a comma, a quote or a line end would end it. */
const field = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const line = ({ columns }: Table, row: Row): string =>
  `${columns.map((column) => field(textOf(column, row[column.name] ?? null))).join(',')}\r\n`;

const written = [
  'transactions',
  'fills',
  'gains',
  'positions',
  'lots',
] as const satisfies TableName[];

/** Cash movements, fills, gains and what is held at the end, a file each; decimals as text, times in UTC. */
export async function* writeCsv(
  log: LogReader,
  range: ExportRange,
): AsyncGenerator<Piece, void, void> {
  for (const name of written) {
    const heading = tables[name].columns.map((column) => column.name).join(',');
    yield { file: `${name}.csv`, text: `${heading}\r\n`, sequence: 0 };
  }
  for await (const { table, row, sequence } of exportRows(log, range, false)) {
    yield { file: `${table}.csv`, text: line(tables[table], row), sequence };
  }
}
