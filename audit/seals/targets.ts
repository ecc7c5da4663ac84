import { resolve } from 'node:path';

/** Where seals are kept besides the ledger. `name` is the same at each start and holds no secret. */
export type SealTarget =
  | {
      readonly kind: 'path';
      readonly name: string;
      /** Absolute; with a slash at its end it is a folder. */
      readonly path: string;
    }
  | {
      readonly kind: 'url';
      readonly name: string;
      /** Without user and password. */
      readonly url: URL;
      /** What goes with each request; null where the URL named no user. */
      readonly authorization: string | null;
    };

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const authorizationOf = ({ username, password }: URL): string | null => {
  if (username === '' && password === '') return null;
  const text = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
};

const withoutSecrets = (url: URL): string => {
  const names = [...url.searchParams.keys()].map(encodeURIComponent);
  return `${url.origin}${url.pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`;
};

const urlTarget = (text: string): SealTarget => {
  if (!URL.canParse(text)) throw new Error('A place for seals begins like a URL and is none.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`Seals go to files, folders and http or https, not to ${url.protocol}//.`);
  }
  const authorization = authorizationOf(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return { kind: 'url', name: withoutSecrets(url), url, authorization };
};

/** Reads a file's, a folder's or a URL's name; throws, without repeating what may be secret. */
export const parseTarget = (text: string): SealTarget => {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return urlTarget(text);
  if (text === '') throw new Error('A place for seals has no name.');
  const name = resolve(text);
  return { kind: 'path', name, path: text.endsWith('/') ? `${name}/` : name };
};

/** Reads several; throws where two could not be told apart. */
export const parseTargets = (texts: readonly string[]): readonly SealTarget[] => {
  const targets = texts.map(parseTarget);
  const names = new Set<string>();
  for (const { name } of targets) {
    if (names.has(name)) throw new Error(`Seals go to ${name} twice.`);
    names.add(name);
  }
  return targets;
};
