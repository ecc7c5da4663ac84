import type { ProblemCode } from './problem-codes.ts';

/** Why one row cannot be taken. Thrown while it is read; becomes a problem of the statement. */
export class RowTrouble extends Error {
  override readonly name = 'RowTrouble';
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}
