/** How user names are written: 3 to 50 letters, digits, `_` and `-`, of any script. */
export const usernamePattern: RegExp = /^[\p{L}\p{M}\p{Nd}_-]{3,50}$/u;

/** An e-mail address as it is stored and compared: NFKC and lower case. */
export const normalEmail = (text: string): string => text.normalize('NFKC').trim().toLowerCase();

/** A name as it is stored. */
export const normalName = (text: string): string => text.normalize('NFKC').trim();

/** RFC 5321 allows 254 characters; control characters and blanks are in no address that anybody has. */
export const isEmail = (text: string): boolean =>
  text.length <= 254 && /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(text);
