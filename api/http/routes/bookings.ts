import type { z } from 'zod';
import type { AccountCommand } from '#commands/commands.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Cash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { bookingAnswers, bookingOf } from '../answers/booking.ts';
import { command } from '../handled.ts';
import { HttpProblem, type ProblemCode } from '../problem.ts';
import { type Route, route } from '../route.ts';
import {
  adjustmentBody,
  amountBody,
  dividendBody,
  interestBody,
  splitBody,
} from '../schemas/booking.ts';

type Booking<Body> = {
  readonly word: string;
  readonly name: string;
  readonly summary: string;
  readonly body: z.ZodType<Body>;
  readonly problems: readonly ProblemCode[];
  /** `now`: business time, for what has no time of its own. */
  readonly asked: (body: Body, now: Instant) => AccountCommand;
};

/** A route that books one thing in one account. */
const booking = <Body extends { readonly account_id: AccountId }>({
  word,
  name,
  summary,
  body: schema,
  problems,
  asked,
}: Booking<Body>): Route =>
  route({
    method: 'post',
    path: `/api/v1/ledger/${word}`,
    name,
    tag: 'Bookings',
    summary,
    kind: 'command',
    scope: 'ledger:write',
    reach: 'any',
    body: schema,
    answers: bookingAnswers,
    problems: ['account_not_found', 'account_closed', ...problems],
    handle: async ({ services, body, key, actor }) => {
      const wanted = asked(body, services.clock.now());
      const sender = { services, actor, key };
      return bookingOf(body.account_id, await command(sender, body.account_id, wanted));
    },
  });

type Movement = {
  readonly amount: Cash;
  readonly description: string;
  readonly external_reference: string | null;
  readonly effective_at: Instant | null;
};

/** What is settled is judged at the time of a withdrawal: one of tomorrow would take what settles only then. */
const mustHaveHappened = (at: Instant | null, now: Instant): void => {
  if (at === null || at <= now) return;
  const message = `must not be later than the market's present time, ${now}`;
  throw new HttpProblem('validation_failed', {
    detail: `effective_at ${message}`,
    errors: [{ field: 'effective_at', code: 'in_the_future', message }],
  });
};

const movementOf = (body: Movement, now: Instant) => ({
  amount: body.amount,
  description: body.description,
  externalReference: body.external_reference,
  at: body.effective_at ?? now,
});

export const bookingRoutes: readonly Route[] = [
  booking({
    word: 'deposits',
    name: 'depositCash',
    summary: 'Book cash that came in',
    body: amountBody,
    problems: [],
    asked: (body, now) => ({ type: 'DepositCash', ...movementOf(body, now) }),
  }),
  booking({
    word: 'withdrawals',
    name: 'withdrawCash',
    summary: 'Take out cash that is settled and free of reservations',
    body: amountBody,
    problems: ['insufficient_cash'],
    asked: (body, now) => {
      mustHaveHappened(body.effective_at, now);
      return { type: 'WithdrawCash', ...movementOf(body, now) };
    },
  }),
  booking({
    word: 'fees',
    name: 'chargeFee',
    summary: 'Charge a fee',
    body: amountBody,
    problems: [],
    asked: (body, now) => ({ type: 'ChargeFee', ...movementOf(body, now) }),
  }),
  booking({
    word: 'interest',
    name: 'payInterest',
    summary: 'Book interest: credited where positive, owed where negative',
    body: interestBody,
    problems: [],
    asked: (body, now) => ({ type: 'PayInterest', ...movementOf(body, now) }),
  }),
  booking({
    word: 'adjustments',
    name: 'adjustCash',
    summary: 'Correct the cash by hand, of either sign, with a reason',
    body: adjustmentBody,
    problems: [],
    asked: (body, now) => ({ type: 'AdjustCash', ...movementOf(body, now), reason: body.reason }),
  }),
  booking({
    word: 'dividends',
    name: 'payDividend',
    summary: 'Pay a dividend on the shares held: a long position receives, a short one pays',
    body: dividendBody,
    problems: ['position_not_found'],
    asked: (body, now) => ({
      type: 'PayDividend',
      symbol: body.symbol,
      perShare: body.per_share,
      description: body.description,
      externalReference: body.external_reference,
      at: body.effective_at ?? now,
    }),
  }),
  booking({
    word: 'splits',
    name: 'splitStock',
    summary: 'Split a stock: the position and its open orders are restated, the cost stays',
    body: splitBody,
    problems: ['invalid_split', 'position_not_found'],
    asked: (body, now) => ({
      type: 'SplitStock',
      symbol: body.symbol,
      newShares: BigInt(body.new_shares),
      oldShares: BigInt(body.old_shares),
      wholeShares: body.whole_shares,
      referencePrice: body.reference_price,
      at: body.effective_at ?? now,
    }),
  }),
];
