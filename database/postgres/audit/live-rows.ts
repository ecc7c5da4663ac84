import pg, { type ClientBase } from 'pg';
import type { LiveKey, LiveRows, LiveView } from '#audit/ports/live-rows.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { asText } from '../read-tables/read-tables.ts';
import { presentAt } from '../read-tables/statements.ts';

// index order_fills_unsettled; by the account's present instead of the database's clock.
const selectAccount = `
  SELECT a.*, u.unsettled,
    CASE WHEN a.account_type = 'margin' THEN a.buying_power_on_margin
      ELSE greatest(0, a.cash - u.unsettled - a.reserved) END AS buying_power
  FROM (SELECT account_id, account_type, cash, reserved, buying_power AS buying_power_on_margin, positions_value, long_market_value,
      short_market_value, portfolio_value, equity, margin_used, maintenance_margin, position_count, unrealized_pnl,
      day_pnl, net_deposits, realized_pnl, commission, dividends, interest, fees, last_session_equity,
      last_session_net_deposits, last_activity_at
    FROM ledger.accounts WHERE account_id = $1) AS a
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(f.value - f.commission), 0) AS unsettled FROM ledger.order_fills f
    WHERE f.account_id = a.account_id AND f.side = 'sell' AND f.status IN ('booked', 'corrected')
      AND f.settles_at > ${presentAt('$2')} AND f.value > f.commission
  ) AS u`;

/** A view's row by its primary key; of postings, all lines of a book (index journal_entries_by_account). */
const statements: Readonly<Record<LiveView, string>> = {
  accounts: selectAccount,
  orders: `SELECT * FROM ledger.orders WHERE account_id = $1 AND order_id = $2`,
  order_fills: `SELECT * FROM ledger.order_fills WHERE account_id = $1 AND execution_id = $2`,
  positions: `SELECT * FROM ledger.positions WHERE account_id = $1 AND symbol = $2`,
  position_history: `SELECT * FROM ledger.position_history WHERE account_id = $1 AND id = $2`,
  lots: `SELECT * FROM ledger.lots WHERE account_id = $1 AND lot_id = $2`,
  transactions: `SELECT * FROM ledger.transactions WHERE account_id = $1 AND sequence = $2 AND line = $3`,
  postings: `SELECT sum(amount) AS amount FROM ledger.postings WHERE account_id = $1 AND book = $2 AND commodity = $3`,
  portfolio_snapshots: `SELECT * FROM ledger.portfolio_snapshots WHERE account_id = $1 AND session = $2::date`,
  market_data_cache: `SELECT * FROM ledger.market_data_cache WHERE symbol = $1`,
};

export const selectLiveSchema = `
  SELECT schema_name FROM ledger.projection_status WHERE projection_set = 'ledger' AND live`;

/** What the table under the view keeps of a position, flat or not; the schema's name is the ledger's own. */
const selectHolding = (schema: string): string => `
  SELECT quantity, cost AS total_cost, realized_pnl_lifetime FROM ${pg.escapeIdentifier(schema)}.positions
  WHERE account_id = $1 AND symbol = $2`;

/** Single rows of the live read tables in the transaction that `client` is in. */
export const createLiveRows = (client: ClientBase): LiveRows => {
  const one = async (text: string, key: LiveKey = []): Promise<StoredRow | undefined> => {
    const { rows } = await client.query<StoredRow>({ text, values: [...key], types: asText });
    return rows[0];
  };
  return {
    row: async (view, key) => {
      const row = await one(statements[view], key);
      if (row !== undefined || view !== 'positions') return row;
      const live = await one(selectLiveSchema);
      return live === undefined ? undefined : one(selectHolding(String(live['schema_name'])), key);
    },
  };
};
