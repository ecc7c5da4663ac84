/** A bug or a corrupt log. It stops the process: going on would write wrong money. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Throws InvariantViolation unless `condition` holds. */
export function invariant(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new InvariantViolation(rule);
}
