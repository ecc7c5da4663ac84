import { z } from 'zod';
import { accountPresent } from '#audit/look/account-present.ts';
import { type Reconciliation, reconcile, slackDays } from '#audit/reconcile/compare.ts';
import { NoSuchAccount, readBooks } from '#audit/reconcile/read-books.ts';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { Decided } from '#commands/reconciliation/reconciliations.ts';
import type { AccountId, BreakId } from '#domain/ids.ts';
import { breakStatuses, breakTypes } from '#domain/reconciliation/break-types.ts';
import { type Instant, later } from '#domain/time.ts';
import { eventAnswer, eventJson } from '../answers/event.ts';
import { form, id, nextCursor } from '../answers/form.ts';
import {
  breakAnswer,
  breakJson,
  reconciliationAnswer,
  reconciliationJson,
} from '../answers/reconciliation.ts';
import { accountNotFound } from '../found.ts';
import { HttpProblem, refusalProblem } from '../problem.ts';
import { type Answer, accountRoute, type Route, route } from '../route.ts';
import { listOf, maybe, oneOf, text } from '../schemas/field.ts';
import { accountId } from '../schemas/names.ts';
import { pageOf, paging } from '../schemas/paging.ts';
import { statementBody } from '../schemas/statement.ts';
import type { Services } from '../services.ts';

const tag = 'Reconciliation';
const breaks = '/api/v1/reconciliation/breaks';
const oneBreak = z.strictObject({ break_id: text(1, 64) });

/** The account's present, or the instant of a view of it: ages count to it. Throws `account_not_found`. */
const presentOf = async ({ queries }: Services, account: AccountId): Promise<Instant> => {
  const row = await queries.getAccount(account);
  if (row === undefined) throw accountNotFound(account);
  return row.presentAt;
};

const listBreaks = accountRoute({
  method: 'get',
  path: breaks,
  name: 'listBreaks',
  tag,
  summary: "What a broker's statements and the books differ in, newest first",
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: z.strictObject({
    account_id: maybe(accountId),
    status: maybe(listOf(oneOf(breakStatuses), breakStatuses.length)),
    type: maybe(listOf(oneOf(breakTypes), breakTypes.length)),
    ...paging,
  }),
  answers: {
    200: form(
      'Breaks',
      'A page of breaks.',
      z.strictObject({ breaks: z.array(breakAnswer), next_cursor: nextCursor }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, query }) => {
    const page = await services.queries.listBreaks({
      ...pageOf(query),
      accountId: account,
      statuses: query.status ?? undefined,
      kinds: query.type ?? undefined,
    });
    const now = await presentOf(services, account);
    const body = { breaks: page.rows.map((row) => breakJson(row, now)), next_cursor: page.next };
    return { status: 200, body };
  },
});

const breakNotFound = (breakId: string): HttpProblem =>
  new HttpProblem('break_not_found', { details: { break_id: breakId } });

const getBreak = accountRoute({
  method: 'get',
  path: `${breaks}/{break_id}`,
  name: 'getBreak',
  tag,
  summary: 'One break: both sides, its age, the proposed correction and what became of it',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  params: oneBreak,
  query: z.strictObject({ account_id: maybe(accountId) }),
  answers: { 200: form('Break', 'The break.', breakAnswer) },
  problems: ['account_not_found', 'break_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, params }) => {
    const breakId = params.break_id as BreakId;
    const found = await services.queries.getBreak(account, breakId);
    const now = await presentOf(services, account);
    if (found === undefined) throw breakNotFound(breakId);
    return { status: 200, body: breakJson(found, now) };
  },
});

const decisionAnswer = z.strictObject({
  outcome: z
    .enum(['approved', 'dismissed', 'disputed', 'repeated'])
    .describe('disputed: what was to be corrected contradicts it; the break stays open.'),
  because: z.string().nullable().describe('Why a correction is disputed.'),
  account_id: id,
  break_id: z.string(),
  sequence: z.int().nullable(),
  events: z.array(eventAnswer).describe("What was recorded in the account's books."),
});

const decisionAnswers = {
  200: form('BreakDecision', 'Decided, now or before.', decisionAnswer),
};

type About = { readonly account: AccountId; readonly breakId: BreakId };

/** What became of a decision. Throws the problem that a refusal is. */
const decisionOf = (
  { account, breakId }: About,
  word: 'approved' | 'dismissed',
  decided: Decided,
): Answer => {
  if (decided.kind === 'refused') throw refusalProblem(decided.refusal);
  const isDone = decided.kind === 'done';
  const repeated = isDone && decided.repeated;
  const body: z.infer<typeof decisionAnswer> = {
    outcome: isDone ? (repeated ? 'repeated' : word) : 'disputed',
    because: isDone ? null : decided.because,
    account_id: account,
    break_id: breakId,
    sequence: decided.sequence,
    events: isDone ? decided.events.map(eventJson) : [],
  };
  return { status: 200, body, sequence: decided.sequence, replayed: repeated };
};

const approveBreak = route({
  method: 'post',
  path: `${breaks}/{break_id}/approve`,
  name: 'approveBreak',
  tag,
  summary: 'Have the proposed correction of a break booked',
  description:
    'Booked once, however often it is approved; the break itself is the idempotency key.',
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  params: oneBreak,
  body: z.strictObject({ account_id: accountId }),
  answers: decisionAnswers,
  problems: [
    'account_closed',
    'break_not_found',
    'break_not_open',
    'break_needs_a_person',
    'break_outdated',
    'insufficient_cash',
    'position_not_found',
    'invalid_split',
  ],
  handle: async ({ services, params, body, actor }) => {
    const about = { account: body.account_id, breakId: params.break_id as BreakId };
    const decided = await services.reconciliations.approve({
      accountId: about.account,
      breakId: about.breakId,
      actor,
      at: services.clock.now(),
    });
    return decisionOf(about, 'approved', decided);
  },
});

const dismissBreak = route({
  method: 'post',
  path: `${breaks}/{break_id}/dismiss`,
  name: 'dismissBreak',
  tag,
  summary: 'End a break without a booking, with a reason',
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  params: oneBreak,
  body: z.strictObject({ account_id: accountId, reason: text(1, 500) }),
  answers: decisionAnswers,
  problems: ['break_not_found', 'break_not_open'],
  handle: async ({ services, params, body, actor }) => {
    const about = { account: body.account_id, breakId: params.break_id as BreakId };
    const decided = await services.reconciliations.dismiss({
      accountId: about.account,
      breakId: about.breakId,
      actor,
      reason: body.reason,
      at: services.clock.now(),
    });
    return decisionOf(about, 'dismissed', decided);
  },
});

/** Compares in one look at the log, for as long as somebody waits for it; with the account's present. Throws `account_not_found`. */
const compared = (
  services: Services,
  account: AccountId,
  statement: BrokerStatement,
  signal: AbortSignal,
): Promise<{ readonly found: Reconciliation; readonly present: Instant }> =>
  services.withLook(async (look) => {
    const goOn = (): void => {
      if (signal.aborted) throw new HttpProblem('invalid_request');
    };
    goOn();
    try {
      const books = await readBooks(look.log, account, statement, slackDays, goOn);
      const present = await accountPresent(look, account, services.clock.now());
      return { found: reconcile(statement, books, 'everything'), present };
    } catch (error) {
      if (error instanceof NoSuchAccount) throw accountNotFound(account);
      throw error;
    }
  });

const reconcileStatement = route({
  method: 'post',
  path: '/api/v1/reconciliation',
  name: 'reconcileStatement',
  tag,
  summary: "Compare an account's books with a broker's statement",
  description:
    'Nothing is written without `record`; with it the breaks are kept, and the same statement with the same breaks changes nothing. A body holds some hundred rows: longer statements are files for `ledger reconcile`.',
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  body: statementBody,
  answers: { 200: form('Reconciliation', 'What differs.', reconciliationAnswer) },
  problems: ['account_not_found'],
  handle: async ({ services, body, actor, untilGone }) => {
    const { account_id: account, record, statement } = body;
    const { reconciliations } = services;
    const { found, present } = await compared(services, account, statement, untilGone());
    const now = later(present, found.to ?? present);
    const { sequence } = record
      ? await reconciliations.record(actor, { ...found, at: now })
      : { sequence: null };
    const { breaks: known } = await reconciliations.stateOf(account);
    const shown = new Set(found.breaks.map(({ breakId }) => breakId));
    const others = [...known].filter(([id, { status }]) => status === 'open' && !shown.has(id));
    const answer = reconciliationJson(
      found,
      ({ breakId }) => {
        const one = known.get(breakId);
        return one && { status: one.status, firstSeenAt: one.firstSeenAt };
      },
      now,
      sequence,
      others.length,
    );
    return { status: 200, body: answer, sequence };
  },
});

export const reconciliationRoutes: readonly Route[] = [
  listBreaks,
  getBreak,
  approveBreak,
  dismissBreak,
  reconcileStatement,
];
