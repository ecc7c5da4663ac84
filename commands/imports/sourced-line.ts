import type { BrokerStatement, StatementLine } from '../ports/broker-statement.ts';
import { outsideReference } from '../ports/statement-line.ts';

/** A statement and the file it was read from. */
export type SourcedStatement = { readonly file: string; readonly statement: BrokerStatement };

export type SourcedLine = {
  readonly file: string;
  readonly source: string;
  readonly line: StatementLine;
};

/** Its reference as everybody outside its source sees it. */
export const referenceOf = ({ source, line }: SourcedLine): string =>
  outsideReference(source, line.reference);

/** All lines of all files in the order of time; of one instant, in the order of the files and of their lines. */
export const inTimeOrder = (statements: readonly SourcedStatement[]): readonly SourcedLine[] =>
  statements
    .flatMap(({ file, statement }) =>
      statement.lines.map((line) => ({ file, source: statement.source, line })),
    )
    .toSorted((left, right) =>
      left.line.at < right.line.at ? -1 : left.line.at > right.line.at ? 1 : 0,
    );
