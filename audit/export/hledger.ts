import type { Symbol as Ticker } from '#domain/ids.ts';
import { absolute, formatCash, formatQuantity, negate } from '#domain/money.ts';
import { type BookFormat, currency, type Figure, figureText } from './book-format.ts';
import { type BookName, type Entry, type Leg, type Owner, sharesName } from './entry.ts';
import type { Part } from './holding.ts';

const header = `; The ledger's books for hledger, at average cost: \`hledger check --strict\` proves that every entry balances
; to the last digit and that each day ends where the ledger says. Shares are posted with their total cost:
; \`hledger balance --cost assets\` shows what is held at cost, \`hledger balance income:\` what was gained.
decimal-mark .
commodity 1000.000000000000000000 ${currency}
`;

/** Quoted: digits and dots are no part of a plain one. A stock may be called as the currency is. */
const commodityOf = (symbol: Ticker): string =>
  symbol === currency || symbol.startsWith('stock ') ? `"stock ${symbol}"` : `"${symbol}"`;

const accountOf = ({ name: owner }: Owner, [section, ...rest]: BookName): string =>
  [section, owner, ...rest].join(':');

const posting = (account: string, amount: string): string => `    ${account}  ${amount}\n`;

/** The price is a total and has no sign: the quantity's is meant. */
const sharesText = (symbol: Ticker, { quantity, cost }: Part): string =>
  `${formatQuantity(quantity)} ${commodityOf(symbol)} @@ ${formatCash(absolute(cost))} ${currency}`;

const legText = (owner: Owner, leg: Leg): string => {
  switch (leg.kind) {
    case 'cash':
      return posting(accountOf(owner, leg.name), `${formatCash(leg.amount)} ${currency}`);
    case 'take': {
      const { quantity, cost } = leg.part;
      const out = { quantity: negate(quantity), cost };
      return posting(accountOf(owner, sharesName), sharesText(leg.symbol, out));
    }
    case 'put':
      return posting(accountOf(owner, sharesName), sharesText(leg.symbol, leg.lot));
  }
};

/** A semicolon begins a comment. */
const descriptionOf = ({ narration }: Entry): string => narration.replaceAll(';', ',');

const entryText = (entry: Entry): string => {
  const { owner, date, event, legs } = entry;
  const code = event === null ? '' : ` (${event.sequence})`;
  const tags = event === null ? '' : `    ; event: ${event.id}, effective: ${event.effectiveAt}\n`;
  const lines = legs.map((leg) => legText(owner, leg)).join('');
  return `\n${date} *${code} ${descriptionOf(entry)}\n${tags}${lines}`;
};

const figureLine = (owner: Owner, figure: Figure): string => {
  const unit = figure.asset === 'cash' ? currency : commodityOf(figure.symbol);
  return posting(accountOf(owner, figure.name), `0 ${unit} = ${figureText(figure)} ${unit}`);
};

/** Journal of hledger: shares at average cost, as `positions` keeps them. */
export const hledgerFormat: BookFormat = {
  method: 'average',
  header,
  commodity: (symbol) => `\ncommodity 1000.000000000 ${commodityOf(symbol)}\n`,
  open: (owner, name) => `\naccount ${accountOf(owner, name)}\n`,
  entry: entryText,
  balances: (owner, figures, date) =>
    `\n${date} * The ledger's balances\n${figures.map((figure) => figureLine(owner, figure)).join('')}`,
};
