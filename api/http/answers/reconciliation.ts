import { z } from 'zod';
import { ageOf } from '#audit/reconcile/age.ts';
import type { Balance } from '#audit/reconcile/balances.ts';
import type { Reconciliation } from '#audit/reconcile/compare.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import { type BreakStatus, breakStatuses, breakTypes } from '#domain/reconciliation/break-types.ts';
import { correctionFacts, type Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { type Instant, later } from '#domain/time.ts';
import { snakeCase } from '#projections/ports/columns.ts';
import type { BreakRow } from '#projections/ports/queries.ts';
import { decimal, id, instant, sequence } from './form.ts';

const facts = z
  .record(z.string(), z.string().nullable())
  .nullable()
  .describe('What this side says, decimals as text; null where it says nothing.');

const seen = {
  break_id: z.string(),
  type: z.enum(breakTypes),
  symbol: z.string().nullable(),
  at: instant.describe('When what differs happened.'),
  age_days: z.int(),
  age_business_days: z.int().describe('Weekdays; exchange holidays count.'),
  ours: facts,
  theirs: facts,
  cash: decimal.describe('Theirs less ours at the end of the statement.'),
  shares: decimal,
  correction: z
    .record(z.string(), z.string().nullable())
    .nullable()
    .describe('The command that is booked once it is approved; null where a person has to decide.'),
  why: z.string().describe('What the correction does, or why there is none.'),
};

/** A break as it is kept. */
export const breakAnswer = z
  .strictObject({
    ...seen,
    account_id: id,
    source: z.string(),
    status: z.enum(breakStatuses),
    first_seen_at: instant,
    last_seen_at: instant,
    ended_at: instant.nullable(),
    ended_by: z.string().nullable(),
    reason: z.string().nullable(),
    corrected_by: id.nullable().describe('The event that corrected the books.'),
    sequence,
  })
  .meta({ id: 'Break' });

const named = (facts: Facts | null): Record<string, string | null> | null =>
  facts === null
    ? null
    : Object.fromEntries(Object.entries(facts).map(([name, value]) => [snakeCase(name), value]));

type Seen = Pick<
  BreakRow,
  | 'breakId'
  | 'kind'
  | 'symbol'
  | 'at'
  | 'ours'
  | 'theirs'
  | 'cash'
  | 'shares'
  | 'correction'
  | 'why'
>;

const seenJson = (row: Seen, now: Instant) => {
  const age = ageOf(row.at, now);
  return {
    break_id: row.breakId,
    type: row.kind,
    symbol: row.symbol,
    at: row.at,
    age_days: age.days,
    age_business_days: age.businessDays,
    ours: named(row.ours),
    theirs: named(row.theirs),
    cash: formatCash(row.cash),
    shares: formatQuantity(row.shares),
    correction: named(row.correction),
    why: row.why,
  };
};

/** A kept break as it is told. `now`: the account's present, for its age: at least when it was last seen. */
export const breakJson = (row: BreakRow, now: Instant): z.infer<typeof breakAnswer> => ({
  ...seenJson(row, later(now, row.lastSeenAt)),
  account_id: row.accountId,
  source: row.source,
  status: row.status,
  first_seen_at: row.firstSeenAt,
  last_seen_at: row.lastSeenAt,
  ended_at: row.endedAt,
  ended_by: row.endedBy,
  reason: row.reason,
  corrected_by: row.correctedBy,
  sequence: row.sequence,
});

const foundAnswer = z
  .strictObject({
    ...seen,
    status: z.enum([...breakStatuses, 'new']).describe('new: not recorded yet.'),
    first_seen_at: instant.nullable(),
  })
  .meta({ id: 'FoundBreak' });

const balance = {
  ours: decimal,
  theirs: decimal,
  difference: decimal,
  explained: decimal.describe('What of the difference the breaks explain.'),
  unexplained: decimal,
};

/** What a comparison found. */
export const reconciliationAnswer = z
  .strictObject({
    account_id: id,
    source: z.string(),
    scope: z
      .enum(['everything', 'executions'])
      .describe('executions: the source tells those alone, and no fees.'),
    statement_digest: z.string().describe('SHA-256 of what the statement says.'),
    from: instant.nullable(),
    to: instant.nullable(),
    lines: z.int(),
    matched: z.int().describe('Rows of the statement that agree with the books.'),
    counts: z.record(z.string(), z.int()).describe('Breaks by type.'),
    breaks: z.array(foundAnswer),
    still_open: z
      .int()
      .describe('Breaks that were recorded before, are not among these, and are open.'),
    cash: z.strictObject(balance).nullable().describe('Null where the statement does not say.'),
    positions: z
      .array(z.strictObject({ symbol: z.string(), ...balance }))
      .nullable()
      .describe('Holdings that differ, or that a break is about.'),
    not_compared: z
      .array(
        z.strictObject({
          file: z.string().nullable().describe('Null where there is one statement alone.'),
          row: z.int(),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe('Rows that could not be taken, or say what nothing can be compared with.'),
    ends_not_compared: z
      .string()
      .nullable()
      .describe('Why cash and positions are left out although the statement may say them.'),
    as_of_sequence: sequence.describe('The last event of the account that was compared.'),
    recorded_sequence: z.int().nullable().describe('Null where nothing new was recorded.'),
  })
  .meta({ id: 'Reconciliation' });

/** What is known of a break that was found before. */
export type KnownOf = (
  found: Break,
) => { readonly status: BreakStatus; readonly firstSeenAt: Instant } | undefined;

const balanceJson = <Amount extends bigint>(
  { ours, theirs, difference, explained, unexplained }: Balance<Amount>,
  format: (amount: Amount) => string,
) => ({
  ours: format(ours),
  theirs: format(theirs),
  difference: format(difference),
  explained: format(explained),
  unexplained: format(unexplained),
});

/** A comparison as it is told. */
export const reconciliationJson = (
  found: Reconciliation,
  knownOf: KnownOf,
  now: Instant,
  recorded: number | null,
  stillOpen: number,
): z.infer<typeof reconciliationAnswer> => ({
  account_id: found.accountId,
  source: found.source,
  scope: found.scope,
  statement_digest: found.statementDigest,
  from: found.from,
  to: found.to,
  lines: found.lines,
  matched: found.matched,
  counts: { ...found.counts },
  breaks: found.breaks.map((one) => {
    const known = knownOf(one);
    const { correction } = one;
    const proposed = correction === null ? null : correctionFacts(correction);
    return {
      ...seenJson({ ...one, correction: proposed }, now),
      status: known?.status ?? 'new',
      first_seen_at: known?.firstSeenAt ?? null,
    };
  }),
  still_open: stillOpen,
  cash: found.balances.cash === null ? null : balanceJson(found.balances.cash, formatCash),
  positions:
    found.balances.positions?.map((one) => ({
      symbol: one.symbol,
      ...balanceJson(one, formatQuantity),
    })) ?? null,
  not_compared: found.notCompared.map(({ file = null, row, code, message }) => ({
    file,
    row,
    code,
    message,
  })),
  ends_not_compared: found.endsNotCompared,
  as_of_sequence: found.sequence,
  recorded_sequence: recorded,
});
