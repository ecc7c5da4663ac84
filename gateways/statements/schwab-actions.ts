import type { StatementLine } from '#commands/ports/broker-statement.ts';

type CashCategory = Extract<StatementLine, { kind: 'cash' }>['category'];

/** What a row of an action is read as. `transfer`: a deposit or a withdrawal, by its sign. */
export type SchwabMeaning =
  | 'buy'
  | 'sell'
  | 'dividend'
  | 'transfer'
  | 'split'
  | 'reverse_split'
  | Exclude<CashCategory, 'deposit' | 'withdrawal' | 'conversion'>;

/** Schwab's actions in lower case. One that is not here is refused as `action_not_supported`. */
export const schwabActions: Readonly<Record<string, SchwabMeaning>> = {
  buy: 'buy',
  'reinvest shares': 'buy',
  'buy to cover': 'buy',
  sell: 'sell',
  'sell short': 'sell',
  'cash dividend': 'dividend',
  'qualified dividend': 'dividend',
  'non-qualified div': 'dividend',
  'special dividend': 'dividend',
  'special qual div': 'dividend',
  'special non qual div': 'dividend',
  'pr yr cash div': 'dividend',
  'pr yr special div': 'dividend',
  'reinvest dividend': 'dividend',
  'qual div reinvest': 'dividend',
  'non-qual div reinvest': 'dividend',
  'pr yr div reinvest': 'dividend',
  'long term cap gain': 'dividend',
  'short term cap gain': 'dividend',
  'long term cap gain reinvest': 'dividend',
  'short term cap gain reinvest': 'dividend',
  'bank interest': 'interest',
  'bond interest': 'interest',
  'credit interest': 'interest',
  'margin interest': 'interest',
  'adr mgmt fee': 'fee',
  'advisor fee': 'fee',
  'misc cash entry': 'adjustment',
  'service fee': 'fee',
  'foreign tax paid': 'tax',
  'nra tax adj': 'tax',
  'nra withholding': 'tax',
  'cash in lieu': 'adjustment',
  'funds received': 'transfer',
  'internal transfer': 'transfer',
  journal: 'transfer',
  'journaled cash': 'transfer',
  'moneylink deposit': 'transfer',
  'moneylink transfer': 'transfer',
  'wire funds': 'transfer',
  'wire funds received': 'transfer',
  'wire received': 'transfer',
  'wire sent': 'transfer',
  'stock split': 'split',
  'reverse split': 'reverse_split',
};

/** Actions that are known and not taken, and what would be lost if they were guessed. */
export const schwabRefusals: Readonly<Record<string, string>> = {
  conversion:
    'shares of one company became shares of another; the ratio of costs is not in the file',
  'journaled shares': 'shares were moved between accounts without a cost',
  'name change': 'shares go on under another symbol; the old one is a CUSIP here',
  'spin-off': 'shares of a new company came; their part of the cost is not in the file',
  'stock div dist': 'shares came without a price; the ratio is not in the file',
  'stock merger':
    'shares of one company became shares of another; the ratio of costs is not in the file',
};
