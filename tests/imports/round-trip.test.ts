import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventAsJson } from '#audit/look/event-words.ts';
import { type AccountCommand, decide } from '#commands/commands.ts';
import { bookImport } from '#commands/imports/book-import.ts';
import { learn, nothingKnown } from '#commands/imports/knowledge.ts';
import { planImport } from '#commands/imports/plan-import.ts';
import { eventCodec } from '#database/event-codec.ts';
import { evolve } from '#domain/account/evolve.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import { unopened } from '#domain/account/state.ts';
import { type AccountId, accountStream, type EventId } from '#domain/ids.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import { accountOne, openAccount } from '../support/makers.ts';
import { ledgerOn, memoryStore, opened, sha256, wholeLog } from '../support/memory-ledger.ts';
import {
  anyMove,
  anyPolicy,
  commandOf,
  type Move,
  newWorld,
  opening,
  quotesIn,
} from '../support/random-trading.ts';
import { readText } from './import-world.ts';

const copyId = '00000000-0000-4000-8000-00000000c0c0' as AccountId;

/** What a random account went through, as it would be stored. */
const historyOf = (policy: AccountPolicy, moves: readonly Move[]): readonly RecordedEvent[] => {
  const [state, world] = [unopened(), newWorld()];
  const log: RecordedEvent[] = [];
  const tell = (command: AccountCommand): void => {
    for (const data of decide(command, state, quotesIn(world)).events) {
      evolve(state, data);
      const sequence = log.length + 1;
      const id = `00000000-0000-4000-b000-${sequence.toString(16).padStart(12, '0')}` as EventId;
      log.push({
        id,
        sequence,
        revision: sequence,
        version: 1,
        stream: accountStream(accountOne),
        recordedAt: command.at,
        effectiveAt: command.at,
        correlationId: id,
        causationId: null,
        commandId: null,
        commandDigest: null,
        actor: 'test' as RecordedEvent['actor'],
        hash: '0'.repeat(64),
        data,
      });
    }
  };
  for (const command of opening(policy)) tell(command);
  for (const move of moves) {
    const command = commandOf(world, state, move);
    if (command !== null) tell(command);
  }
  return log;
};

const asEventLines = (log: readonly RecordedEvent[]): string =>
  log
    .map((event) => {
      const body = eventCodec.encode(event, event);
      return eventAsJson({ ...event, type: event.data.type, body }, null);
    })
    .join('\n');

/** Our own lines for what moved cash or shares. */
const asJsonLine = ({ id, effectiveAt: at, data }: RecordedEvent): object | null => {
  const base = { at, reference: id, description: '' };
  const cash = (category: string, amount: bigint) => ({
    ...base,
    kind: 'cash',
    category,
    amount: formatCash(amount as never),
  });
  switch (data.type) {
    case 'CashDeposited':
      return cash('deposit', data.amount);
    case 'CashWithdrawn':
      return cash('withdrawal', -data.amount);
    case 'FeeCharged':
      return cash('fee', -data.amount);
    case 'InterestPaid':
      return cash('interest', data.amount);
    case 'CashAdjusted':
      return cash('adjustment', data.amount);
    case 'DividendPaid':
      return {
        ...base,
        kind: 'dividend',
        symbol: data.symbol,
        amount: formatCash(data.amount),
        quantity: formatQuantity(data.quantity),
        // More than an API takes, on next to no shares: it is found again.
        per_share: data.perShare < 10n ** 18n ? formatPrice(data.perShare) : null,
      };
    case 'StockSplit':
      return {
        ...base,
        kind: 'split',
        symbol: data.symbol,
        new_shares: String(data.newShares),
        old_shares: String(data.oldShares),
        whole_shares: data.referencePrice !== null && data.quantityAfter % 10n ** 9n === 0n,
        ...(data.referencePrice !== null && { fraction_price: formatPrice(data.referencePrice) }),
      };
    case 'OrderFilled':
    case 'FillCorrected': {
      const traded = {
        quantity: formatQuantity(data.quantity),
        price: formatPrice(data.price),
        commission: formatCash(data.commission),
      };
      const { executionId, symbol, side } = data;
      return data.type === 'OrderFilled'
        ? { ...base, ...traded, kind: 'trade', reference: executionId, symbol, side }
        : { ...base, ...traded, kind: 'correction', trade: executionId, reason: 'a test' };
    }
    case 'FillBusted':
      return { ...base, kind: 'bust', trade: data.executionId, reason: 'a test' };
    default:
      return null;
  }
};

const asJsonLines = (log: readonly RecordedEvent[]): string =>
  log
    .flatMap((event) => asJsonLine(event) ?? [])
    .map((line) => JSON.stringify(line))
    .join('\n');

/** Cash, positions and every figure of profit of one account, as the read tables have them. */
const figuresOf = (log: readonly RecordedEvent[], accountId: AccountId) => {
  const tables = foldLedger(log);
  const account = tables.accounts.get(accountId);
  const positions = tables.positions
    .group(accountId)
    .map(({ symbol, quantity, cost, cycle }) => [symbol, quantity, cost, cycle?.realized])
    .toSorted();
  const { cash, realizedPnl, commission, dividends, interest, fees, netDeposits } = account ?? {};
  return { cash, realizedPnl, commission, dividends, interest, fees, netDeposits, positions };
};

const imported = async (text: string, policy: AccountPolicy) => {
  const store = memoryStore();
  const ledger = ledgerOn({ store });
  await ledger.tell(opened(openAccount(policy), copyId), 'open', copyId);
  const knowledge = nothingKnown();
  for (const event of await wholeLog(store)) learn(knowledge, event);
  const statement = readText(text);
  deepEqual(statement.problems, []);
  const statements = [{ file: 'f', statement }];
  const plan = planImport(statements, knowledge, sha256);
  const odd = plan.commands.filter(({ outcome }) => outcome !== 'book' && outcome !== 'no_effect');
  deepEqual(odd, []);
  const planAgain = () => Promise.reject(new Error('nobody else writes'));
  const booking = await bookImport({ ledger, store, planAgain, onBooked: () => {} }, copyId, plan);
  equal(booking.stopped, null);
  const log = await wholeLog(store);
  for (const event of log) if (event.revision > 1) learn(knowledge, event);
  equal(knowledge.state.cash, plan.after.cash, 'what the plan said');
  const again = planImport(statements, knowledge, sha256);
  const anew = again.commands.filter(({ outcome }) => outcome === 'book' || outcome === 'conflict');
  deepEqual(anew, [], 'nothing is booked twice');
  return log;
};

const movesOf = (log: readonly RecordedEvent[]): boolean =>
  log.some((event) => asJsonLine(event) !== null);
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 60);
// Repeated reports bring times that lie before what they are about.
const anyMoves = fc.array(
  anyMove.filter(({ kind }) => kind !== 'repeat'),
  { minLength: 10, maxLength: 80, size: 'max' },
);

describe('a random account, written down and imported into a new one', () => {
  for (const [what, write] of [
    ['as its events', asEventLines],
    ['as JSON lines', asJsonLines],
  ] as const) {
    it(`${what}: has the same cash, positions and profit, and nothing twice`, async () => {
      await fc.assert(
        fc.asyncProperty(anyPolicy, anyMoves, async (policy, moves) => {
          const log = historyOf(policy, moves);
          fc.pre(movesOf(log));
          const copy = await imported(write(log), policy);
          deepEqual(figuresOf(copy, copyId), figuresOf(log, accountOne));
        }),
        { numRuns },
      );
    });
  }
});
