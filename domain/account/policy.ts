import type { Cash, Price, Ratio } from '../money.ts';

/** What an order costs. Charged on what has filled so far less what was charged before, so partial fills add up. */
export type CommissionSchedule =
  /** `rate` basis points (1/10,000) of the notional: 0.08 = 0.0008 %. */
  | { readonly kind: 'basis_points'; readonly rate: Ratio }
  /** Currency per share, but at least `minimum` an order. */
  | { readonly kind: 'per_share'; readonly rate: Price; readonly minimum: Cash }
  /** A fixed amount an order. */
  | { readonly kind: 'fixed'; readonly amount: Cash };

export type RiskLimits = {
  /** Largest absolute value of one symbol's position, currency; null = none. */
  readonly positionNotional: Cash | null;
  /** Largest gross value of all positions ÷ equity; null = none. */
  readonly leverage: Ratio | null;
  /** Largest value of one order, currency; null = none. */
  readonly orderNotional: Cash | null;
};

export type AccountPolicy = {
  /** `cash`: no shorts, pays in full. `margin`: Regulation T, 50 % initial, shorts allowed. */
  readonly kind: 'cash' | 'margin';
  readonly currency: 'USD';
  readonly commission: CommissionSchedule;
  readonly limits: RiskLimits;
  /** Business days until a sale's proceeds may be used; 0 = at once. */
  readonly settlementDays: number;
  /** Which broker works its orders; `none`: fills are reported by hand or by an import. */
  readonly broker: 'paper' | 'none';
};
