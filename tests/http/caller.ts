import { checkForm, routeOf } from './answer-forms.ts';
import type { HttpWorld, Received } from './world.ts';

export type Asked = {
  readonly body?: unknown;
  /** An access token or an API key; nothing is sent where there is none. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Sends requests to a server with no more credential than they name. */
export type Caller = (method: string, path: string, asked?: Asked) => Promise<Received>;

export const callerOf =
  ({ listening }: Pick<HttpWorld, 'listening'>): Caller =>
  async (method, path, { body, token, headers = {} } = {}) => {
    const response = await fetch(`${listening.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const answered = type.includes('json') ? JSON.parse(text) : {};
    checkForm(routeOf(method, path), response.status, type, answered);
    return { status: response.status, headers: response.headers, body: answered, text };
  };
