/** Where in what is read it went wrong. */
type Place = { readonly file?: string | undefined; readonly line?: number | undefined };

const said = ({ file, line }: Place): string =>
  [file, line === undefined ? undefined : `line ${line}`]
    .filter((part) => part !== undefined)
    .join(', ');

/** A file as a whole that is no statement of a form we know; the message says where, and what to change. */
export class StatementUnreadable extends Error {
  override readonly name = 'StatementUnreadable';
  /** The message without the place. */
  readonly why: string;
  readonly place: Place;

  constructor(why: string, place: Place = {}) {
    const where = said(place);
    super(where === '' ? why : `${where}: ${why}`);
    this.why = why;
    this.place = place;
  }
}

/** Reads what is in a file: a StatementUnreadable that is thrown meanwhile names it. */
export const readingOf = <Read>(file: string, read: () => Read): Read => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StatementUnreadable) || error.place.file !== undefined) throw error;
    throw new StatementUnreadable(error.why, { ...error.place, file });
  }
};
