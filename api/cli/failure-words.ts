const undefinedTable = '42P01';
const undefinedSchema = '3F000';

/** What an error means to whoever sits at the machine. */
export const wordsFor = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === undefinedTable || code === undefinedSchema) {
    return 'This database is empty or behind this program. Start the server once: it brings the database up to date.';
  }
  // A connection that was refused on several addresses has no message of its own.
  return error.message === '' && code !== undefined ? String(code) : error.message;
};
