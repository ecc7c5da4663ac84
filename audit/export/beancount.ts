import type { Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import {
  absolute,
  formatCash,
  formatPrice,
  formatQuantity,
  negate,
  notional,
  perShare,
} from '#domain/money.ts';
import { fromMilliseconds, instant, type SessionDate, toMilliseconds } from '#domain/time.ts';
import { type BookFormat, currency, type Figure, figureText } from './book-format.ts';
import { type BookName, type Entry, type Leg, type Owner, sharesName } from './entry.ts';
import type { HeldLot } from './holding.ts';

// beancount computes with 28 digits: the cost of a share that does not come out even (after a split) is rounded there.
// What that may amount to stays far below this; without it, it would tolerate half a unit of the last digit written.
const tolerance = '0.000000001';

const header = `;; The ledger's books for beancount: lots, first in, first out. Sales name no lot: beancount finds them, and
;; refuses the entry where the gain that the ledger booked is not theirs.
option "title" "order-ledger"
option "operating_currency" "${currency}"
option "booking_method" "FIFO"
option "inferred_tolerance_multiplier" "0"
option "inferred_tolerance_default" "${currency}:${tolerance}"
`;

const plain = /^[A-Z](?:[A-Z0-9.-]{0,21}[A-Z0-9])$/;
const taken = new Set([currency, 'TRUE', 'FALSE', 'NULL']);

/** beancount knows no commodity of one letter or one that begins with a digit, and some words are its own. */
const commodityOf = (symbol: Ticker): string => {
  if (plain.test(symbol) && !taken.has(symbol) && !symbol.startsWith('STOCK.')) return symbol;
  const name = `STOCK.${symbol}.S`;
  invariant(plain.test(name), `beancount can be told of the symbol ${symbol}`);
  return name;
};

/** Letters, digits and hyphens; symbols have no small letters of their own. */
const component = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replaceAll('.', 'dot');

const accountOf = ({ name: owner }: Owner, [section, ...rest]: BookName): string =>
  [component(section), owner, ...rest.map(component)].join(':');

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const posting = (account: string, amount: string): string => `  ${account}  ${amount}\n`;

/** Per share where that is exact, else in all. The label keeps lots of one day and price apart, and so in their order. */
const costText = ({ quantity, cost, date, sequence }: HeldLot): string => {
  const each = perShare(cost, quantity);
  const label = `${date}, "${sequence}"`;
  return notional(each, quantity) === cost
    ? `{${formatPrice(each)} ${currency}, ${label}}`
    : `{{${formatCash(absolute(cost))} ${currency}, ${label}}}`;
};

const legText = (owner: Owner, leg: Leg): string => {
  switch (leg.kind) {
    case 'cash':
      return posting(accountOf(owner, leg.name), `${formatCash(leg.amount)} ${currency}`);
    case 'take': {
      const shares = `${formatQuantity(negate(leg.part.quantity))} ${commodityOf(leg.symbol)} {}`;
      return posting(accountOf(owner, sharesName), shares);
    }
    case 'put': {
      const shares = `${formatQuantity(leg.lot.quantity)} ${commodityOf(leg.symbol)}`;
      return posting(accountOf(owner, sharesName), `${shares} ${costText(leg.lot)}`);
    }
  }
};

const entryText = ({ owner, date, event, narration, legs }: Entry): string => {
  const metadata =
    event === null
      ? ''
      : `  sequence: ${event.sequence}\n  event: "${event.id}"\n  effective: "${event.effectiveAt}"\n`;
  const lines = legs.map((leg) => legText(owner, leg)).join('');
  return `\n${date} * ${quoted(narration)}\n${metadata}${lines}`;
};

const dayMs = 86_400_000;
const dayAfter = (date: SessionDate): string =>
  fromMilliseconds(toMilliseconds(instant(`${date}T00:00:00Z`)) + dayMs).slice(0, 10);

/** beancount looks at a balance when the day begins. */
const balanceText = (owner: Owner, figure: Figure, date: SessionDate): string => {
  const isCash = figure.asset === 'cash';
  const unit = isCash ? currency : commodityOf(figure.symbol);
  const within = isCash ? ` ~ ${tolerance}` : ' ~ 0';
  const account = accountOf(owner, figure.name);
  return `${dayAfter(date)} balance ${account}  ${figureText(figure)}${within} ${unit}\n`;
};

const openText = (owner: Owner, name: BookName, date: SessionDate): string => {
  const account = accountOf(owner, name);
  return `\n${date} open ${account}${name === sharesName ? '  "FIFO"' : `  ${currency}`}\n`;
};

/** Input of beancount: shares in lots, first in, first out, as `lots` keeps them. */
export const beancountFormat: BookFormat = {
  method: 'fifo',
  header,
  commodity: (symbol, date) => `\n${date} commodity ${commodityOf(symbol)}\n  name: "${symbol}"\n`,
  open: openText,
  entry: entryText,
  balances: (owner, figures, date) =>
    `\n${figures.map((figure) => balanceText(owner, figure, date)).join('')}`,
};
