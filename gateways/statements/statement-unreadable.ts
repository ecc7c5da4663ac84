const meanings = {
  not_json: 'The file is not JSON',
  invalid_statement: 'The statement is not what it should be',
  unknown_statement_format: 'No reader knows this kind of file',
} as const;

/** A file that cannot be taken as a broker's statement; the message says what to change. */
export class StatementUnreadable extends Error {
  override readonly name = 'StatementUnreadable';
  readonly code: keyof typeof meanings;

  constructor(code: keyof typeof meanings, detail: string) {
    super(`${meanings[code]}: ${detail}`);
    this.code = code;
  }
}
