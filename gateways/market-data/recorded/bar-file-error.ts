export const barFileErrors = [
  'file_unreadable',
  'no_rows',
  'bad_header',
  'bad_columns',
  'bad_time',
  'bad_price',
  'bad_volume',
  'bad_symbol',
  'inconsistent_prices',
  'out_of_order',
] as const;
export type BarFileErrorCode = (typeof barFileErrors)[number];

/** A bar file that cannot be trusted: which file, which line (1 is the first; 0 = the file as a whole), and why. */
export class BarFileError extends Error {
  override readonly name = 'BarFileError';
  readonly code: BarFileErrorCode;
  readonly file: string;
  readonly line: number;

  constructor(
    code: BarFileErrorCode,
    file: string,
    line: number,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code} in ${file}${line === 0 ? '' : ` line ${line}`}: ${detail}`, options);
    this.code = code;
    this.file = file;
    this.line = line;
  }
}
