/** The queries of the API. None is put together from input; null parameters fall out when Postgres plans them. */

/** A list's two directions: the same query either way along its index. */
const bothWays = (
  text: (after: '<' | '>', order: 'ASC' | 'DESC') => string,
): { readonly asc: string; readonly desc: string } => ({
  asc: text('>', 'ASC'),
  desc: text('<', 'DESC'),
});

// The rule of projections/accounts/present.ts; the parameter is the market's clock.
export const presentAt = (market: '$2' | '$4'): string =>
  `greatest(${market}::timestamptz, a.last_activity_at)`;

// index order_fills_unsettled; the last parameter is the market's clock. As settledCash does: a sale that cost more than
// it brought is paid at once.
export const selectAccount = `
  SELECT a.*, ${presentAt('$2')} AS present_at, (
    SELECT coalesce(sum(f.value - f.commission), 0) FROM ledger.order_fills f
    WHERE f.account_id = a.account_id AND f.side = 'sell' AND f.status IN ('booked', 'corrected')
      AND f.settles_at > ${presentAt('$2')} AND f.value > f.commission
  ) AS unsettled_at
  FROM ledger.accounts a WHERE a.account_id = $1`;

// index accounts_number
export const selectAccountId = `SELECT account_id FROM ledger.accounts WHERE account_number = $1`;

// index accounts_created
export const selectAccounts = bothWays(
  (after, order) => `
  SELECT a.*, ${presentAt('$4')} AS present_at, (
    SELECT coalesce(sum(f.value - f.commission), 0) FROM ledger.order_fills f
    WHERE f.account_id = a.account_id AND f.side = 'sell' AND f.status IN ('booked', 'corrected')
      AND f.settles_at > ${presentAt('$4')} AND f.value > f.commission
  ) AS unsettled_at
  FROM ledger.accounts a
  WHERE ($1::text IS NULL OR a.user_id = $1) AND ($2::bigint IS NULL OR a.created_sequence ${after} $2)
  ORDER BY a.created_sequence ${order} LIMIT $3`,
);

// index orders_by_account, orders_open
export const selectOrders = bothWays(
  (after, order) => `
  SELECT * FROM ledger.orders
  WHERE ($1::uuid IS NULL OR account_id = $1) AND ($2::text[] IS NULL OR status = ANY($2))
    AND ($3::text[] IS NULL OR symbol = ANY($3)) AND ($4::text IS NULL OR side = $4)
    AND ($5::timestamptz IS NULL OR submitted_at > $5) AND ($6::timestamptz IS NULL OR submitted_at < $6)
    AND ($7::bigint IS NULL OR created_sequence ${after} $7)
  ORDER BY created_sequence ${order} LIMIT $8`,
);
export const selectOrder = `SELECT * FROM ledger.orders WHERE order_id = $1`;
// index orders_by_client_id; the newest, where one was refused before.
export const selectOrderByClientId = `
  SELECT * FROM ledger.orders WHERE account_id = $1 AND client_order_id = $2
  ORDER BY created_sequence DESC LIMIT 1`;

// index order_fills_by_order
export const selectOrderFills = `
  SELECT * FROM ledger.order_fills WHERE order_id = $1 ORDER BY created_sequence`;
// index order_fills_by_account
export const selectFills = bothWays(
  (after, order) => `
  SELECT * FROM ledger.order_fills
  WHERE ($1::uuid IS NULL OR account_id = $1) AND ($2::text[] IS NULL OR symbol = ANY($2))
    AND ($3::timestamptz IS NULL OR executed_at > $3) AND ($4::timestamptz IS NULL OR executed_at < $4)
    AND ($5::bigint IS NULL OR created_sequence ${after} $5)
  ORDER BY created_sequence ${order} LIMIT $6`,
);

export const selectPositions = `SELECT * FROM ledger.positions WHERE account_id = $1 ORDER BY symbol`;
export const selectPosition = `SELECT * FROM ledger.positions WHERE account_id = $1 AND symbol = $2`;
// index lots_open
export const selectLots = `
  SELECT * FROM ledger.lots WHERE account_id = $1 AND symbol = $2 AND closed_at IS NULL
  ORDER BY created_sequence`;

// index position_history_by_account
export const selectHistory = bothWays(
  (after, order) => `
  SELECT * FROM ledger.position_history
  WHERE ($1::uuid IS NULL OR account_id = $1) AND ($2::text[] IS NULL OR symbol = ANY($2))
    AND ($3::timestamptz IS NULL OR closed_at > $3) AND ($4::timestamptz IS NULL OR closed_at < $4)
    AND ($5::bigint IS NULL OR created_sequence ${after} $5)
  ORDER BY created_sequence ${order} LIMIT $6`,
);

export const selectSnapshots = `
  SELECT * FROM ledger.portfolio_snapshots
  WHERE account_id = $1 AND ($2::date IS NULL OR session >= $2) AND ($3::date IS NULL OR session <= $3)
  ORDER BY session`;

// index transactions_by_account; a cursor is (sequence, line)
export const selectTransactions = bothWays(
  (after, order) => `
  SELECT * FROM ledger.transactions
  WHERE ($1::uuid IS NULL OR account_id = $1) AND ($2::text[] IS NULL OR type = ANY($2))
    AND ($3::text[] IS NULL OR symbol = ANY($3))
    AND ($4::timestamptz IS NULL OR transaction_date > $4) AND ($5::timestamptz IS NULL OR transaction_date < $5)
    AND ($6::bigint IS NULL OR (sequence, line) ${after} ($6::bigint, $7::integer))
  ORDER BY sequence ${order}, line ${order} LIMIT $8`,
);
export const selectTransaction = `
  SELECT * FROM ledger.transactions WHERE sequence = $1 AND line = $2`;
export const selectTransactionSummary = `
  SELECT type, count(*) AS count, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS inflow,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS outflow, sum(amount) AS net
  FROM ledger.transactions
  WHERE ($1::uuid IS NULL OR account_id = $1) AND ($2::text[] IS NULL OR type = ANY($2))
    AND ($3::text[] IS NULL OR symbol = ANY($3))
    AND ($4::timestamptz IS NULL OR transaction_date > $4) AND ($5::timestamptz IS NULL OR transaction_date < $5)
  GROUP BY type ORDER BY type`;

// index journal_entries_by_account; a cursor is (sequence, line)
export const selectPostings = bothWays(
  (after, order) => `
  SELECT sequence, line, account_id, book, commodity, trim_scale(amount) AS amount, at FROM ledger.postings
  WHERE account_id = $1 AND ($2::bigint IS NULL OR (sequence, line) ${after} ($2::bigint, $3::bigint))
  ORDER BY sequence ${order}, line ${order} LIMIT $4`,
);

// index breaks_by_account
export const selectBreaks = bothWays(
  (after, order) => `
  SELECT * FROM ledger.breaks
  WHERE ($1::uuid IS NULL OR account_id = $1) AND ($2::text[] IS NULL OR status = ANY($2))
    AND ($3::text[] IS NULL OR kind = ANY($3)) AND ($4::bigint IS NULL OR created_sequence ${after} $4)
  ORDER BY created_sequence ${order} LIMIT $5`,
);
export const selectBreak = `SELECT * FROM ledger.breaks WHERE account_id = $1 AND break_id = $2`;
// index reconciliations_by_account
export const selectReconciliations = bothWays(
  (after, order) => `
  SELECT * FROM ledger.reconciliations
  WHERE account_id = $1 AND ($2::bigint IS NULL OR sequence ${after} $2)
  ORDER BY sequence ${order} LIMIT $3`,
);

export const selectMarks = `
  SELECT * FROM ledger.market_data_cache WHERE $1::text[] IS NULL OR symbol = ANY($1) ORDER BY symbol`;

export const selectStatus = `
  SELECT projection_set, version, state, checkpoint, applied_at, error_sequence, error_event_id, error_reason
  FROM ledger.projection_status WHERE projection_set = 'ledger' AND live`;
