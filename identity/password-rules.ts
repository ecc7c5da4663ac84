import { dictionary } from '@zxcvbn-ts/language-common';
import { IdentityRefused } from './identity.ts';

/** In characters (code points) of the normalized text. */
export const passwordLength = { least: 12, most: 256 } as const;

/** No text of the longest allowed has more UTF-16 units than this; a longer one is not worth normalizing. */
const unitsMost = 4 * passwordLength.most;

/** Lower-case passwords that people really use, from what was published of breaches. */
const common: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].map((entry) => entry.toLowerCase()),
);

/** Whose password it is to be. */
export type PasswordOwner = { readonly email: string; readonly username: string };

/** A shorter name is part of many a good password, as `ann` is of `planning`. */
const nameLeast = 5;

const characters = (text: string): readonly string[] => Array.from(text);

/** Whether a password is longer than any that was ever accepted, so that it need not be hashed to be refused. */
export const isTooLong = (password: string): boolean =>
  password.length > unitsMost ||
  characters(password.normalize('NFKC')).length > passwordLength.most;

/** `aaaaaaaaaaaa`, `abcabcabcabc`: one piece of up to six characters, again and again, cut off anywhere. */
const isRepeated = (text: string): boolean => {
  const all = characters(text);
  const longest = Math.max(1, Math.min(6, Math.floor(all.length / 2)));
  const repeatsEvery = (period: number) =>
    all.every((character, place) => place < period || character === all[place - period]);
  return Array.from({ length: longest }, (_, index) => index + 1).some(repeatsEvery);
};

/** `abcdefghijkl`, `210987654321`: each character the next or the one before, and 0 beside 9. */
const isRun = (text: string): boolean => {
  const points = characters(text).map((character) => character.codePointAt(0) ?? 0);
  const steps = points.slice(1).map((point, index) => point - (points[index] ?? 0));
  return (
    steps.every((step) => step === 1 || step === -9) ||
    steps.every((step) => step === -1 || step === 9)
  );
};

const isCommon = (text: string): boolean => {
  const stem = text.replace(/[\p{N}\p{P}\p{S}\s]+$/u, '');
  return common.has(text) || common.has(stem) || (stem !== '' && isTwice(stem));
};

/** `passwordpassword`: long enough only because it is there twice. */
const isTwice = (text: string): boolean => {
  const half = text.slice(0, text.length / 2);
  return half + half === text && common.has(half);
};

const namesOf = ({ email, username }: PasswordOwner): readonly string[] =>
  [email.slice(0, email.lastIndexOf('@')), username]
    .map((name) => name.normalize('NFKC').toLowerCase())
    .filter((name) => characters(name).length >= nameLeast);

const faultOf = (password: string, owner: PasswordOwner): string | undefined => {
  if (isTooLong(password)) {
    return `The password is too long: use at most ${passwordLength.most} characters.`;
  }
  const text = password.normalize('NFKC').toLowerCase();
  if (characters(password.normalize('NFKC')).length < passwordLength.least) {
    return `The password is too short: use at least ${passwordLength.least} characters, for instance four or five words that do not belong together.`;
  }
  if (isCommon(text)) {
    return 'Many people use this password, or it is such a one with digits behind it: use four or five words that do not belong together.';
  }
  if (isRepeated(text) || isRun(text)) {
    return 'The password repeats one short piece or counts up or down: use four or five words that do not belong together.';
  }
  if (namesOf(owner).some((name) => text.includes(name))) {
    return 'The password contains your user name or your e-mail address: choose one that has nothing to do with them.';
  }
  return undefined;
};

/** Throws `weak_password`, with a sentence that says what to do, where a password is not good enough to be set. */
export const checkPassword = (password: string, owner: PasswordOwner): void => {
  const fault = faultOf(password, owner);
  if (fault !== undefined) throw new IdentityRefused('weak_password', fault);
};
