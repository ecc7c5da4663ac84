import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { type Cash, formatCash, formatPrice, type Price } from '#domain/money.ts';
import { fromMilliseconds } from '#domain/time.ts';

type Element = Awaited<ReturnType<typeof parquetMetadataAsync>>['schema'][number];

/** Two's complement, the first byte the highest. */
const signed = (bytes: Uint8Array): bigint => {
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, value);
};

const textOf = (value: unknown, { logical_type: logical }: Element): string => {
  if (value === null || value === undefined) return '';
  if (logical?.type === 'DECIMAL') {
    const scaled = signed(value as Uint8Array);
    return logical.scale === 18 ? formatCash(scaled as Cash) : formatPrice(scaled as Price);
  }
  if (logical?.type === 'TIMESTAMP') {
    const micros = value as bigint;
    const millis = fromMilliseconds(Number(micros / 1_000n));
    return `${millis.slice(0, 23)}${String(micros % 1_000n).padStart(3, '0')}Z`;
  }
  return String(value);
};

const compressors = { ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes) };

/** A Parquet file's rows as text, with every digit: the reader itself would make floats and milliseconds of them. */
export const readParquet = async (path: string) => {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const elements = new Map(metadata.schema.slice(1).map((one) => [one.name, { ...one }]));
  for (const element of metadata.schema) {
    if (element.type === 'BYTE_ARRAY') continue;
    delete element.converted_type;
    delete element.logical_type;
  }
  const found = await parquetReadObjects({ file, metadata, compressors });
  const rows = found.map((row) =>
    Object.fromEntries(
      [...elements].map(([name, element]) => [name, textOf(row[name], element)] as const),
    ),
  );
  return { rows, elements, groups: metadata.row_groups.length };
};
