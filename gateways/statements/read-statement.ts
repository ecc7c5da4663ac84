import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import { parseJsonStatement } from './json-statement.ts';
import { StatementUnreadable } from './statement-unreadable.ts';

export type StatementOptions = {
  /** Whose layout it is; null: by the file's name. */
  readonly format: string | null;
};

type Parse = (text: string) => BrokerStatement;

/** The layouts that can be read, by the name of the format. */
const formats: Readonly<Record<string, Parse>> = { json: parseJsonStatement };

/** Reads a broker's statement from a file. Throws StatementUnreadable, or what the file system threw. */
export const readStatement = async (
  file: string,
  { format }: StatementOptions,
): Promise<BrokerStatement> => {
  const name = format ?? extname(file).slice(1).toLowerCase();
  const parse = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (parse === undefined) {
    const known = Object.keys(formats).join(', ');
    throw new StatementUnreadable('unknown_statement_format', `${file}; there are ${known}`);
  }
  return parse(await readFile(file, 'utf8'));
};
