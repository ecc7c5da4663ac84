import { setTimeout as sleep } from 'node:timers/promises';
import { eventAsJson } from '#audit/look/event-words.ts';
import { findOrder } from '#audit/look/order-timeline.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { EventFilter, LogReader, StoredEvent } from '#audit/ports/log-reader.ts';
import { accountStream, type OrderId } from '#domain/ids.ts';
import { InvariantViolation } from '#domain/invariant.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import { eventLine } from './event-lines.ts';
import {
  accountIdOf,
  type Bound,
  boundOf,
  countOf,
  eventTypesOf,
  flagOf,
  noPositionals,
  orderIdOf,
  textOf,
} from './values.ts';
import type { WithLook } from './with-look.ts';

const followEveryMs = 500;

const help = `
  --account ID           events of this account
  --order ID             events that speak of this order
  --type TYPE            events of this type, such as OrderFilled; repeat it for several
  --from, --to PLACE     from and to this sequence, or recorded from and to this instant (both included)
  --limit N              at most this many
  --follow               goes on with what is written from now on, until Ctrl-C
  --json                 one JSON object a line: sequence and hash, then the event exactly as it is stored

Events are shown as they are stored. Whether somebody changed them is for ledger verify to say, which knows the hashes.

Exit codes: 0 fine, 1 an event cannot be read, or its columns say other than its body (shown all the same; the reason is
told beside), 2 it could not be done.

Examples:
  ledger events --type OrderFilled --type FillBusted --from 2026-01-05T14:30:00Z
  ledger events --account 00000000-0000-4000-8000-000000000001 --limit 20
  ledger events --follow --json | jq .data.type`;

type Wanted = {
  readonly filter: EventFilter;
  readonly orderId: OrderId | undefined;
  readonly limit: number;
};

const bounds = (from: Bound | undefined, to: Bound | undefined): EventFilter => ({
  ...(from !== undefined && 'sequence' in from && { fromSequence: from.sequence }),
  ...(from !== undefined && 'instant' in from && { recordedFrom: from.instant }),
  ...(to !== undefined && 'sequence' in to && { toSequence: to.sequence }),
  ...(to !== undefined && 'instant' in to && { recordedTo: to.instant }),
});

const wantedOf = (asked: Asked): Wanted => {
  noPositionals(asked);
  const [account, order] = [textOf(asked, 'account'), textOf(asked, 'order')];
  const types = eventTypesOf(asked, 'type');
  return {
    filter: {
      ...bounds(boundOf(asked, 'from'), boundOf(asked, 'to')),
      ...(account !== undefined && { accountId: accountIdOf(account) }),
      ...(types !== undefined && { types }),
    },
    orderId: order === undefined ? undefined : orderIdOf(order),
    limit: countOf(asked, 'limit') ?? Number.POSITIVE_INFINITY,
  };
};

/** Why an event is not believed; null where it is what it says it is. */
const brokenBecause = (log: LogReader, stored: StoredEvent): string | null => {
  try {
    log.decode(stored);
    return null;
  } catch (error) {
    if (error instanceof InvariantViolation) return error.message;
    throw error;
  }
};

const narrowed = async (snapshot: LookSnapshot, { filter, orderId }: Wanted) => {
  if (orderId === undefined) return filter;
  const accountId = await findOrder(snapshot, orderId);
  if (accountId === undefined) throw new Error(`There is no order ${orderId}.`);
  // An account that was asked for besides and is another one leaves nothing.
  return { ...filter, stream: accountStream(accountId) };
};

/** Prints events as they are read; says how many, how far it looked, and how many are corrupt. */
const printEvents = (
  wanted: Wanted,
  asJson: boolean,
  { out, tell }: Speech,
  signal: AbortSignal,
) => {
  let [printed, corrupt] = [0, 0];
  const print = (log: LogReader, stored: StoredEvent): void => {
    const broken = brokenBecause(log, stored);
    out(asJson ? eventAsJson(stored, broken) : eventLine(stored));
    if (broken !== null) tell(`ledger: ${broken}`);
    printed += 1;
    if (broken !== null) corrupt += 1;
  };
  const isWanted = ({ body }: StoredEvent): boolean =>
    wanted.orderId === undefined || body.includes(wanted.orderId);
  const isDone = (): boolean => signal.aborted || printed >= wanted.limit;
  const printPage = (log: LogReader, page: readonly StoredEvent[]): void => {
    for (const stored of page) {
      if (isDone()) return;
      if (isWanted(stored)) print(log, stored);
    }
  };
  return {
    isDone,
    corrupt: () => corrupt,
    /** Returns the sequence up to which everything was looked at. */
    print: async (snapshot: LookSnapshot, fromSequence?: number): Promise<number> => {
      const filter = await narrowed(snapshot, wanted);
      const head = await snapshot.log.head();
      const from = fromSequence === undefined ? {} : { fromSequence };
      for await (const page of snapshot.log.events({ ...filter, ...from })) {
        printPage(snapshot.log, page);
        if (isDone()) break;
      }
      return head;
    },
  };
};

type Printer = ReturnType<typeof printEvents>;

const follow = async (
  withLook: WithLook,
  printer: Printer,
  after: number,
  last: number,
  signal: AbortSignal,
): Promise<void> => {
  for (let seen = after; !printer.isDone() && seen < last; ) {
    await sleep(followEveryMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    seen = await withLook((snapshot) => printer.print(snapshot, seen + 1));
  }
};

/** `ledger events`: the log as it is stored. */
export const eventsCommand = (withLook: WithLook): Command => ({
  name: 'events',
  summary: 'Shows the log: what happened, in order.',
  usage:
    '[--account ID] [--order ID] [--type TYPE] [--from PLACE] [--to PLACE] [--limit N] [--follow] [--json]',
  help,
  options: {
    account: { type: 'string' },
    order: { type: 'string' },
    type: { type: 'string', multiple: true },
    from: { type: 'string' },
    to: { type: 'string' },
    limit: { type: 'string' },
    follow: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal): Promise<ExitCode> => {
    const wanted = wantedOf(asked);
    const isFollowing = flagOf(asked, 'follow');
    if (isFollowing && wanted.filter.recordedTo !== undefined) {
      throw new UsageError('--follow goes on: give --to a sequence or leave it out.');
    }
    const printer = printEvents(wanted, flagOf(asked, 'json'), speech, signal);
    try {
      const seen = await withLook((snapshot) => printer.print(snapshot));
      signal.throwIfAborted();
      const last = wanted.filter.toSequence ?? Number.POSITIVE_INFINITY;
      const from = Math.max(seen, (wanted.filter.fromSequence ?? 1) - 1);
      if (isFollowing) await follow(withLook, printer, from, last, signal);
    } catch (error) {
      // Ctrl-C is how following ends; a look that it cut short is no failure.
      if (!isFollowing || !signal.aborted) throw error;
    }
    return printer.corrupt() > 0 ? 1 : 0;
  },
});
