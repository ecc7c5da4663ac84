import { hash } from 'node:crypto';

const digits = 32;

/**
 * Makes references of what rows say. Rows that say the same are told apart by how many of them came before: an export
 * that overlaps another holds the same rows, so each gets the same reference again.
 */
export const createReferences = (): ((said: readonly (string | bigint | null)[]) => string) => {
  const seen = new Map<string, number>();
  return (said) => {
    const text = JSON.stringify(said.map((part) => (part === null ? null : String(part))));
    const digest = hash('sha256', text).slice(0, digits);
    const times = (seen.get(digest) ?? 0) + 1;
    seen.set(digest, times);
    return times === 1 ? digest : `${digest}-${times}`;
  };
};

const printable = /^[\x21-\x7e]{1,80}$/;

/** A broker's own id as a reference: itself where it is short and plain, else a digest of it. */
export const referenceOf = (id: string): string =>
  printable.test(id) ? id : hash('sha256', id).slice(0, digits);
