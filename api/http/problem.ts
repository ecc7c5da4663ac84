import { type Refusal, type RefusalCode, type RefusalDetails, refusals } from '#domain/refusals.ts';

/** The HTTP status of every refusal; the only place where one is chosen. */
const refusalStatuses: Readonly<Record<RefusalCode, number>> = {
  account_not_found: 404,
  account_already_open: 409,
  account_suspended: 409,
  account_not_suspended: 409,
  account_closed: 409,
  account_not_empty: 409,
  insufficient_cash: 422,
  insufficient_buying_power: 422,
  insufficient_quantity: 422,
  position_limit_exceeded: 422,
  leverage_limit_exceeded: 422,
  order_notional_limit_exceeded: 422,
  unknown_symbol: 422,
  invalid_price_increment: 422,
  invalid_order_terms: 422,
  order_not_found: 404,
  order_not_cancelable: 409,
  order_not_replaceable: 409,
  order_unchanged: 422,
  quantity_below_filled: 422,
  position_not_found: 404,
  invalid_amount: 422,
  invalid_split: 422,
  break_not_found: 404,
  break_not_open: 409,
  break_needs_a_person: 409,
  break_outdated: 409,
  idempotency_conflict: 409,
};

/** What can go wrong before or beside the ledger's own rules. */
const transportProblems = {
  validation_failed: {
    status: 422,
    text: 'Some fields are missing or not what they should be; `errors` names each one. Correct them and send again.',
  },
  invalid_json: {
    status: 400,
    text: 'The body is not one JSON object. Send a JSON object in which no name occurs twice.',
  },
  invalid_url: { status: 400, text: 'The path cannot be decoded. Percent-encode it as UTF-8.' },
  invalid_request: {
    status: 400,
    text: 'The request is not well-formed HTTP, or it broke off before its end. Send it again.',
  },
  invalid_idempotency_key: {
    status: 400,
    text: 'An Idempotency-Key has 1 to 255 printable ASCII characters. Use a UUID.',
  },
  idempotency_key_mismatch: {
    status: 422,
    text: 'Idempotency-Key and client_order_id both name the order and differ. Send one of them, or both alike.',
  },
  not_authenticated: {
    status: 401,
    text: 'Send an access token or an API key as `Authorization: Bearer <credential>`, or an API key as `X-API-Key: <key>`. POST /api/v1/auth/login gives a token. Where one was sent it is not good any more: log in again, or use another key.',
  },
  invalid_credentials: {
    status: 401,
    text: 'The e-mail address and the password do not belong together. Check both.',
  },
  session_required: {
    status: 403,
    text: 'This takes an access token, not an API key. Log in.',
  },
  invalid_token: {
    status: 401,
    text: 'The refresh token is not good, or not any more. Log in again.',
  },
  invalid_setup_token: {
    status: 403,
    text: 'The setup token is not the last one that was made, or there is an administrator already, or the e-mail address belongs to a user. Each start makes a new token while there is no administrator.',
  },
  insufficient_scope: {
    status: 403,
    text: 'The credential is good, but lacks the scope that is needed. A key has those it was made with; docs/access.md says which a user can have.',
  },
  insufficient_role: {
    status: 403,
    text: 'You are a member of this account, but not in a role that may do this. Ask an owner of it.',
  },
  scope_not_granted: {
    status: 403,
    text: 'A key can be given no scope that its maker does not have. Ask for fewer.',
  },
  account_required: {
    status: 422,
    text: 'The request names no account and there is not exactly one that it could mean. Send account_id; GET /api/v1/accounts lists yours.',
  },
  weak_password: {
    status: 422,
    text: 'The password is too short, too long, or easy to guess. Choose another one.',
  },
  user_not_found: { status: 404, text: 'No such user. Check the id or the address.' },
  key_not_found: { status: 404, text: 'You have no such key that is not revoked yet.' },
  member_not_found: { status: 404, text: 'This user is no member of the account.' },
  last_administrator: {
    status: 409,
    text: 'Nobody else is an active administrator. Promote another user first.',
  },
  limit_reached: {
    status: 409,
    text: 'You have as many of these as one user may have.',
  },
  last_owner: {
    status: 409,
    text: 'Nobody else owns the account. Make another member an owner first.',
  },
  rate_limited: {
    status: 429,
    text: 'Too many requests. Wait as long as Retry-After says.',
  },
  login_delayed: {
    status: 429,
    text: 'Too many failed logins. Wait as long as Retry-After says.',
  },
  identity_busy: {
    status: 503,
    text: 'Too many passwords are being checked at once; nothing was done. Try again after Retry-After.',
  },
  route_not_found: { status: 404, text: 'No such address. /openapi.json lists all of them.' },
  method_not_allowed: {
    status: 405,
    text: 'The address exists, but not with this method. The Allow header lists those it has.',
  },
  quote_not_found: {
    status: 404,
    text: 'The market does not know this symbol. List the known ones at /api/v1/market-data/symbols.',
  },
  unknown_figure: {
    status: 404,
    text: 'There is no such figure to explain. GET /api/v1/audit/figures lists those there are.',
  },
  figure_not_found: {
    status: 404,
    text: 'The figure exists, but not here or not then: nothing was held, there is no such order or row, or the log ends before. Check what was asked for.',
  },
  figure_unexplained: {
    status: 500,
    text: 'The events do not come to what the read tables show: that is a finding. Run `ledger verify`, which names what differs.',
  },
  request_timeout: {
    status: 408,
    text: 'The request did not arrive in time. Send it again under the same Idempotency-Key.',
  },
  account_number_taken: {
    status: 409,
    text: 'Another account has this number. Choose another one, or leave it out.',
  },
  body_too_large: { status: 413, text: 'A body has at most 65,536 bytes. Send less at a time.' },
  unsupported_media_type: {
    status: 415,
    text: 'Bodies are JSON, not compressed. Send `Content-Type: application/json`.',
  },
  headers_too_large: { status: 431, text: 'The headers have at most 16 KiB together.' },
  internal_error: {
    status: 500,
    text: 'Our fault. Send the request again under the same Idempotency-Key; if it stays, report its request id.',
  },
  store_unavailable: {
    status: 503,
    text: 'The database cannot be reached or is not ready; nothing was written. Try again.',
  },
  outcome_unknown: {
    status: 503,
    text: 'The connection to the event store broke while it wrote. Send the request again under the same Idempotency-Key to learn what happened.',
  },
  account_contended: {
    status: 503,
    text: 'Others kept writing to this account; nothing was written. Try again.',
  },
  no_such_past: {
    status: 422,
    text: 'The log has not come as far as `as_of` or `known` asks. Ask for a sequence or an instant that has been.',
  },
  no_past: {
    status: 422,
    text: 'This read has an answer for the present alone: what it is decided by is not in the log. Leave out `as_of` and `known`.',
  },
  projections_stopped: {
    status: 503,
    text: 'The read tables stopped before this sequence. See /api/v1/ledger/status for the event that stopped them.',
  },
  read_timeout: {
    status: 504,
    text: 'The read tables did not reach `min_sequence` in time. Try again, or check that the sequence exists.',
  },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly text: string }>>;

type TransportCode = keyof typeof transportProblems;
export type ProblemCode = RefusalCode | TransportCode;

export type ProblemKind = {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  /** What it means and what to do about it. */
  readonly text: string;
};

const titleOf = (code: string): string =>
  `${code.charAt(0).toUpperCase()}${code.slice(1)}`
    .replaceAll('_', ' ')
    .replace('json', 'JSON')
    .replace('url', 'URL');

const entry = (code: ProblemCode, status: number, text: string): readonly [string, ProblemKind] => [
  code,
  { code, status, title: titleOf(code), text },
];

/** Every code an answer can carry, by code. */
export const problemCatalogue: ReadonlyMap<string, ProblemKind> = new Map([
  ...Object.entries(refusals).map(([code, { text }]) => {
    const refusalCode = code as RefusalCode;
    return entry(refusalCode, refusalStatuses[refusalCode], text);
  }),
  ...Object.entries(transportProblems).map(([code, { status, text }]) =>
    entry(code as TransportCode, status, text),
  ),
]);

/** The catalogue's entry of a code. */
export const problemKind = (code: ProblemCode): ProblemKind => {
  const kind = problemCatalogue.get(code);
  if (kind === undefined) throw new TypeError(`no such problem code: ${code}`);
  return kind;
};

/** What a 401 asks for: RFC 9110 wants it said. */
export const bearerChallenge = 'Bearer realm="order-ledger"';

export type FieldError = {
  readonly field: string;
  readonly code: string;
  readonly message: string;
};

export type ProblemExtras = {
  /** Replaces the catalogue's text where there is more to say. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** The numbers behind it, decimal strings. */
  readonly details?: RefusalDetails;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a refusal was kept in the log. */
  readonly sequence?: number | null;
  readonly replayed?: boolean;
};

/** An answer other than success: thrown by routes, written by the server. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly kind: ProblemKind;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, extras: ProblemExtras = {}) {
    const kind = problemKind(code);
    super(extras.detail ?? kind.text);
    this.kind = kind;
    this.extras = extras;
  }
}

/** A refusal of the ledger as a problem. */
export const refusalProblem = (
  refusal: Refusal,
  extras: Pick<ProblemExtras, 'sequence' | 'replayed'> = {},
): HttpProblem => new HttpProblem(refusal.code, { ...extras, details: refusal.details });

/** The RFC 9457 document of a problem. */
export const problemDocument = (problem: HttpProblem, requestId: string) => {
  const { kind, extras } = problem;
  return {
    type: `/problems/${kind.code}`,
    title: kind.title,
    status: kind.status,
    code: kind.code,
    detail: problem.message,
    instance: requestId,
    ...(extras.errors === undefined ? {} : { errors: extras.errors }),
    ...(extras.details === undefined ? {} : { details: extras.details }),
  };
};
