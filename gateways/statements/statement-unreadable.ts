/** A file as a whole that is no statement of a form we know; the message says what to change. */
export class StatementUnreadable extends Error {
  override readonly name = 'StatementUnreadable';
}
