declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** A uuid. */
export type UserId = Id<'user'>;
/** A uuid: one login and all refresh tokens that came of it. */
export type SessionId = Id<'session'>;
/** A uuid: of one refresh token. */
export type RefreshTokenId = Id<'refresh-token'>;
/** A uuid: the public part of an API key. */
export type KeyId = Id<'api-key'>;
