import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import { type Instant, toMilliseconds } from '#domain/time.ts';
import type { LogReader } from '../ports/log-reader.ts';
import type { Cell, Column, ColumnType, Row, Table } from './columns.ts';
import type { ExportRange } from './range.ts';
import { exportRows } from './rows.ts';
import { type TableName, tables } from './tables.ts';
import { type WholeFiles, writeWhole } from './whole-files.ts';

/** A row group is written when it has so many rows, or characters of text: what is held in memory of a table. */
const groupRows = 20_000;
const groupCharacters = 8_000_000;

/** Digits of a decimal, and the bytes that hold them: the most that Parquet's readers know. */
const precision = 38;
const decimalBytes = 16;
const decimalMost = 10n ** BigInt(precision);

const decimal = (scale: number): Partial<SchemaElement> => ({
  type: 'FIXED_LEN_BYTE_ARRAY',
  type_length: decimalBytes,
  converted_type: 'DECIMAL',
  logical_type: { type: 'DECIMAL', precision, scale },
  precision,
  scale,
});

const physical: { readonly [T in ColumnType]: Partial<SchemaElement> } = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  integer: { type: 'INT64' },
  instant: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
  cash: decimal(18),
  price: decimal(9),
  quantity: decimal(9),
};

const schemaOf = ({ name, columns }: Table): SchemaElement[] => [
  { name, num_children: columns.length },
  ...columns.map((column) => ({
    name: column.name,
    repetition_type: column.nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
    ...physical[column.type],
  })),
];

/** Microseconds since 1970. */
const microseconds = (at: string): bigint => {
  const micros = toMilliseconds(at as Instant) * 1_000 + Number(at.slice(23, 26));
  if (!Number.isSafeInteger(micros)) throw new Error(`${at} is no time that Parquet can hold.`);
  return BigInt(micros);
};

const exact = (value: bigint, { name }: Column): bigint => {
  if (value > -decimalMost && value < decimalMost) return value;
  throw new Error(`A ${name} has more than ${precision} digits: Parquet cannot hold it.`);
};

/** A value as the writer takes it. */
const storedOf = (value: Cell, column: Column): Cell => {
  if (value === null) return null;
  switch (column.type) {
    case 'text':
      return value;
    case 'integer':
      return BigInt(value);
    case 'instant':
      return microseconds(String(value));
    case 'cash':
    case 'price':
    case 'quantity':
      return exact(BigInt(value), column);
  }
};

/** Texts that occur once each, so that a dictionary would only be work; as it would be for numbers and times. */
const distinct: ReadonlySet<string> = new Set(['event_id', 'hash', 'body', 'lot_id']);

const fileWriter = (handle: FileHandle) => {
  const writer = new ByteWriter();
  const flush = async (): Promise<void> => {
    await handle.writeFile(writer.getBytes());
    writer.index = 0;
  };
  return Object.assign(writer, { flush, finish: flush });
};

/** A Parquet file that grows by rows; a group of them is in memory at a time. */
const createFile = (handle: FileHandle, table: Table, rowsMost: number) => {
  const { columns } = table;
  const writer = new ParquetWriter({
    writer: fileWriter(handle),
    schema: schemaOf(table),
    // Native, where the writer's own Snappy is JavaScript: half the size in four fifths of the time.
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    createdBy: 'order-ledger',
  });
  let group: Cell[][] = columns.map(() => []);
  let rows = 0;
  let characters = 0;

  const sourceOf = (column: Column, index: number): ColumnSource => ({
    name: column.name,
    data: group[index] ?? [],
    // A place for each page would be kept until the end.
    offsetIndex: false,
    // The smallest and largest of a group let readers skip it by number or time.
    statistics: column.type !== 'text',
    ...(column.type !== 'text' || distinct.has(column.name) ? { encoding: 'PLAIN' } : {}),
  });
  const flush = async (): Promise<void> => {
    if (rows === 0) return;
    await writer.write({ columnData: columns.map(sourceOf), rowGroupSize: rows });
    group = columns.map(() => []);
    rows = 0;
    characters = 0;
  };

  return {
    add: async (row: Row): Promise<void> => {
      for (const [index, column] of columns.entries()) {
        const value = row[column.name] ?? null;
        group[index]?.push(storedOf(value, column));
        if (typeof value === 'string') characters += value.length;
      }
      rows += 1;
      if (rows >= rowsMost || characters >= groupCharacters) await flush();
    },
    end: async (): Promise<void> => {
      await flush();
      await writer.finish();
    },
  };
};

/** Opens a file for every table, so that one without rows is there and has its columns. */
const openAll = async (files: WholeFiles, folder: string, rowsMost: number) => {
  const opened = new Map<TableName, ReturnType<typeof createFile>>();
  for (const name of Object.keys(tables) as TableName[]) {
    const handle = await files.open(join(folder, `${name}.parquet`));
    opened.set(name, createFile(handle, tables[name], rowsMost));
  }
  return opened;
};

/**
 * Writes events, transactions, fills, gains and what is held at the end as Parquet files, whole or not at all: decimals
 * exact (DECIMAL of 38 digits), times in microseconds UTC. `seen` is told how far it has come.
 */
export const writeParquet = (
  log: LogReader,
  range: ExportRange,
  folder: string,
  seen: (sequence: number) => void,
  rowsMost = groupRows,
): Promise<readonly string[]> =>
  writeWhole(async (files) => {
    const opened = await openAll(files, folder, rowsMost);
    for await (const { table, row, sequence } of exportRows(log, range, true)) {
      await opened.get(table)?.add(row);
      seen(sequence);
    }
    for (const file of opened.values()) await file.end();
  });
