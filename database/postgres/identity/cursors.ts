import type { Page } from '#identity/ports/identity-store.ts';

/** A place in a list that is newest first: everything after it is older, or as old and of a smaller id. */
export type Place = { readonly at: Date | 'infinity'; readonly id: string };

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** How ids look in a list, and the largest of them. */
export type IdKind = { readonly form: RegExp; readonly largest: string };
export const uuids: IdKind = { form: uuidForm, largest: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
// What a bigint holds of 18 digits is more than any log will.
export const serials: IdKind = { form: /^\d{1,18}$/, largest: '9223372036854775807' };

const encode = (at: Date, id: string): string =>
  Buffer.from(`${at.getTime()} ${id}`).toString('base64url');

/** The place a cursor names; the beginning where there is none, or it is none of ours. */
export const placeOf = (cursor: string | undefined, kind: IdKind): Place => {
  const beginning: Place = { at: 'infinity', id: kind.largest };
  if (cursor === undefined) return beginning;
  const [time = '', id = '', ...more] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const ours = more.length === 0 && /^\d{1,14}$/.test(time) && kind.form.test(id);
  return ours ? { at: new Date(Number(time)), id } : beginning;
};

/** A page of what was read with one row more than fits, which only tells that there is more. */
export const pageOf = <Stored, Row>(
  stored: readonly Stored[],
  limit: number,
  toRow: (stored: Stored) => Row,
  placeOfRow: (stored: Stored) => { readonly at: Date; readonly id: string },
): Page<Row> => {
  const shown = stored.slice(0, limit);
  const last = shown.at(-1);
  if (stored.length <= limit || last === undefined) return { rows: shown.map(toRow), next: null };
  const { at, id } = placeOfRow(last);
  return { rows: shown.map(toRow), next: encode(at, id) };
};
