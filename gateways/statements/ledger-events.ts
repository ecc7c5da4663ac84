import { z } from 'zod';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { negate, type Price } from '#domain/money.ts';
import { sides } from '#domain/order/terms.ts';
import { parseInstant } from '#domain/time.ts';
import { readCash, readPrice, readQuantity } from './decimals.ts';
import { asSchema, type JsonRow, jsonObject } from './json-rows.ts';
import { referenceOf } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import { createStatementDraft } from './statement-draft.ts';

const envelope = z.looseObject({
  stream: z.string(),
  id: z.string(),
  effectiveAt: z.string(),
  data: z.looseObject({ type: z.string() }),
});

const movement = { amount: z.string(), description: z.string() };
const execution = {
  executionId: z.string(),
  symbol: z.string(),
  side: z.enum(sides),
  quantity: z.string(),
  price: z.string(),
  commission: z.string(),
};

/** Of each event that moves cash or shares, the fields that an import needs. */
const moving = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('CashDeposited'), ...movement }),
  z.looseObject({ type: z.literal('CashWithdrawn'), ...movement }),
  z.looseObject({ type: z.literal('FeeCharged'), ...movement }),
  z.looseObject({ type: z.literal('InterestPaid'), ...movement }),
  z.looseObject({ type: z.literal('CashAdjusted'), ...movement, reason: z.string() }),
  z.looseObject({
    type: z.literal('DividendPaid'),
    ...movement,
    symbol: z.string(),
    perShare: z.string(),
    quantity: z.string(),
  }),
  z.looseObject({
    type: z.literal('StockSplit'),
    symbol: z.string(),
    newShares: z.string(),
    oldShares: z.string(),
    quantityAfter: z.string(),
    referencePrice: z.string().nullable(),
  }),
  z.looseObject({ type: z.literal('OrderFilled'), ...execution }),
  z.looseObject({ type: z.literal('FillBusted'), executionId: z.string(), reason: z.string() }),
  z.looseObject({ type: z.literal('FillCorrected'), ...execution, reason: z.string() }),
]);

export const importedEvents: readonly string[] = moving.options.map(
  ({ shape }) => shape.type.value,
);

type Moving = z.infer<typeof moving>;
type About = Pick<StatementLine, 'row' | 'at' | 'reference'>;

const fillOf = (data: Extract<Moving, { type: 'OrderFilled' }>, about: About): StatementLine => ({
  ...about,
  reference: referenceOf(data.executionId),
  description: `${data.side} ${data.symbol}`,
  kind: 'trade',
  symbol: data.symbol as Ticker,
  side: data.side,
  quantity: readQuantity(data.quantity, 'quantity'),
  price: readPrice(data.price, 'price'),
  commission: readCash(data.commission, 'commission'),
});

const splitOf = (data: Extract<Moving, { type: 'StockSplit' }>, about: About): StatementLine => ({
  ...about,
  description: `split of ${data.symbol}`,
  kind: 'split',
  symbol: data.symbol as Ticker,
  newShares: readCash(data.newShares, 'newShares') / 10n ** 18n,
  oldShares: readCash(data.oldShares, 'oldShares') / 10n ** 18n,
  // A fraction that was paid left whole shares, or was smaller than the ledger keeps.
  wholeShares: data.referencePrice !== null && !data.quantityAfter.includes('.'),
  ...(data.referencePrice !== null && {
    fractionPrice: readPrice(data.referencePrice, 'referencePrice'),
  }),
});

const correctionOf = (
  data: Extract<Moving, { type: 'FillCorrected' }>,
  about: About,
): StatementLine => ({
  ...about,
  description: data.reason,
  kind: 'correction',
  trade: referenceOf(data.executionId),
  quantity: readQuantity(data.quantity, 'quantity'),
  price: readPrice(data.price, 'price'),
  commission: readCash(data.commission, 'commission'),
  reason: data.reason,
});

const lineOf = (data: Moving, about: About): StatementLine => {
  switch (data.type) {
    case 'OrderFilled':
      return fillOf(data, about);
    case 'FillCorrected':
      return correctionOf(data, about);
    case 'StockSplit':
      return splitOf(data, about);
    case 'FillBusted': {
      const { reason } = data;
      const trade = referenceOf(data.executionId);
      return { ...about, description: reason, kind: 'bust', trade, reason };
    }
    case 'DividendPaid':
      return {
        ...about,
        description: data.description,
        kind: 'dividend',
        symbol: data.symbol as Ticker,
        amount: readCash(data.amount, 'amount'),
        quantity: readQuantity(data.quantity, 'quantity'),
        perShare: perShareOf(data.perShare),
      };
    default:
      return cashOf(data, about);
  }
};

/** A dividend on next to no shares comes to more a share than anybody would state: it is found again from the amount. */
const perShareOf = (text: string): Price | null =>
  /^\d{1,9}(\.|$)/.test(text) ? readPrice(text, 'perShare') : null;

type CashMoving = Extract<Moving, { amount: string }>;

const cashOf = (
  data: Exclude<CashMoving, { type: 'DividendPaid' }>,
  about: About,
): StatementLine => {
  const amount = readCash(data.amount, 'amount');
  const { description } = data;
  const cash = { ...about, description, kind: 'cash' } as const;
  switch (data.type) {
    case 'CashDeposited':
      return { ...cash, category: 'deposit', amount };
    case 'CashWithdrawn':
      return { ...cash, category: 'withdrawal', amount: negate(amount) };
    case 'FeeCharged':
      return { ...cash, category: 'fee', amount: negate(amount) };
    case 'InterestPaid':
      return { ...cash, category: 'interest', amount };
    case 'CashAdjusted':
      return { ...cash, description: description || data.reason, category: 'adjustment', amount };
  }
};

/** `ledger events --json` of one account: what moved cash or shares. Orders and what befell them are not taken along. */
export const readLedgerEvents = (rows: readonly JsonRow[]): BrokerStatement => {
  const draft = createStatementDraft();
  let account: string | undefined;
  for (const row of rows) {
    draft.reading(row.number, () => {
      const { stream, id, effectiveAt, data } = asSchema(envelope, jsonObject(row));
      if (!importedEvents.includes(data.type)) {
        draft.note(row.number, `${data.type} moves neither cash nor shares`);
        return [];
      }
      account ??= stream;
      if (stream !== account) {
        throw new RowTrouble('several_accounts', `the event is of ${stream}, others of ${account}`);
      }
      const at = parseInstant(effectiveAt);
      if (at === undefined) throw new RowTrouble('bad_date', `effectiveAt is "${effectiveAt}"`);
      return [lineOf(asSchema(moving, data), { row: row.number, at, reference: referenceOf(id) })];
    });
  }
  return draft.finish('ledger', { newestFirst: false });
};
