/** The questions about the past. None is put together from input; null parameters fall out when Postgres plans them. */

const bothWays = (
  text: (after: '<' | '>', order: 'ASC' | 'DESC') => string,
): { readonly asc: string; readonly desc: string } => ({
  asc: text('>', 'ASC'),
  desc: text('<', 'DESC'),
});

const segmentColumns = `s.account_id, s.floor, s.through, s.revision, s.sessions, s.earliest, s.earliest_origin,
  s.latest, s.hash, s.facts, s.digest`;

// A log that is not the one it was made of has another hash there: the hash of an event stands for all before it.
const ofThisLog = `(s.revision = 0 OR EXISTS (
      SELECT FROM ledger.events e
      WHERE e.stream = 'account-' || s.account_id AND e.revision = s.revision AND e.hash = s.hash))`;
// The primary key, backward.
export const selectBase = `
  SELECT ${segmentColumns} FROM ledger.as_of_segments s
  WHERE s.account_id = $1 AND s.version = $2 AND s.through <= $3 AND ${ofThisLog}
    AND ($4::timestamptz IS NULL OR s.latest <= $4 OR s.through <= $5)
  ORDER BY s.through DESC LIMIT 1`;
export const selectSegmentsAfter = `
  SELECT ${segmentColumns}, coalesce(b.revision, 0) AS revision_before, coalesce(b.sessions, 0) AS sessions_before
  FROM ledger.as_of_segments s
  LEFT JOIN ledger.as_of_segments b ON b.account_id = s.account_id AND b.through = s.floor
  WHERE s.account_id = $1 AND s.version = $2 AND s.through > $3 AND s.floor < $4
    AND ${ofThisLog}
    AND ($5::timestamptz IS NULL OR s.earliest <= $5 OR s.floor < $6 OR s.earliest_origin <= $6)
  ORDER BY s.through`;

export const selectKeptAccounts = `
  SELECT DISTINCT account_id FROM ledger.as_of_segments WHERE version = $1 ORDER BY account_id`;

const keptColumns = `r.table_name, r.key, r.place, r.symbol, r.side, r.status, r.at, r.open, r.reference,
  r.settles_at, r.times, r.body`;
// index as_of_rows_since
export const selectRowsOfSegment = `
  SELECT ${keptColumns} FROM ledger.as_of_rows r
  WHERE r.account_id = $1 AND r.since = $2 ORDER BY r.table_name, r.key`;

// The primary key, backward from the end of the segment: the newest row of each key. As a join, other indexes would be
// taken as well while the table is young, and with them every row of the account.
const newestOf = (columns: string, table: string, keys: string) => `
  SELECT ${columns} FROM unnest(${keys}::text[]) AS wanted (key)
  CROSS JOIN LATERAL (
    SELECT k.* FROM ledger.as_of_rows k
    WHERE k.account_id = $1 AND k.table_name = ${table} AND k.key = wanted.key AND k.since <= $2
    ORDER BY k.since DESC LIMIT 1
  ) r
  WHERE r.until > $2 AND r.body IS NOT NULL`;
export const selectRows = newestOf('r.body', '$3', '$4');
export const selectKeysStanding = newestOf('r.key', '$3', '$4');
export const selectTimes = `${newestOf('r.table_name, r.key, r.times', `'orders'`, '$3')}
  UNION ALL ${newestOf('r.table_name, r.key, r.times', `'order_fills'`, '$4')}`;

const standing = `r.account_id = $1 AND r.table_name = $3 AND r.since <= $2 AND r.until > $2 AND r.body IS NOT NULL`;
// The primary key.
export const selectAllRows = `SELECT r.body FROM ledger.as_of_rows r WHERE ${standing} ORDER BY r.key`;
// index as_of_rows_reference
export const selectReferring = `
  SELECT r.body FROM ledger.as_of_rows r WHERE ${standing} AND r.reference = $4 ORDER BY r.place`;

const listed = (isOpen: boolean) =>
  bothWays(
    (after, order) => `
  SELECT r.body FROM ledger.as_of_rows r
  WHERE ${standing}${isOpen ? ' AND r.open' : ''} AND r.place <= $2
    AND ($4::text[] IS NULL OR r.symbol = ANY ($4)) AND ($5::text[] IS NULL OR r.status = ANY ($5))
    AND ($6::text IS NULL OR r.side = $6)
    AND ($7::timestamptz IS NULL OR r.at > $7) AND ($8::timestamptz IS NULL OR r.at < $8)
    AND ($9::bigint IS NULL OR r.place ${after} $9) AND r.key <> ALL ($10::text[])
  ORDER BY r.place ${order} LIMIT $11`,
  );
// index as_of_rows_place
export const selectList = listed(false);
// index as_of_rows_open
export const selectOpenList = listed(true);

// index as_of_rows_settles
export const selectUnsettled = `
  SELECT r.body FROM ledger.as_of_rows r
  WHERE ${standing} AND r.settles_at > $4 AND r.settles_at <= $5`;
// index transactions_by_account
export const selectTransactions = bothWays(
  (after, order) => `
  SELECT * FROM ledger.transactions
  WHERE account_id = $1 AND sequence <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    AND ($4::text[] IS NULL OR symbol = ANY ($4))
    AND ($5::timestamptz IS NULL OR transaction_date > $5) AND ($6::timestamptz IS NULL OR transaction_date < $6)
    AND ($7::bigint IS NULL OR (sequence, line) ${after} ($7::bigint, $8::integer))
  ORDER BY sequence ${order}, line ${order} LIMIT $9`,
);
export const selectTransaction = `
  SELECT * FROM ledger.transactions WHERE sequence = $1 AND line = $2 AND account_id = $3`;
export const selectTransactionSums = `
  SELECT type, count(*) AS count, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS inflow,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS outflow
  FROM ledger.transactions
  WHERE account_id = $1 AND sequence <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    AND ($4::text[] IS NULL OR symbol = ANY ($4))
    AND ($5::timestamptz IS NULL OR transaction_date > $5) AND ($6::timestamptz IS NULL OR transaction_date < $6)
  GROUP BY type`;
// index journal_entries_by_account
export const selectPostings = bothWays(
  (after, order) => `
  SELECT sequence, line, account_id, book, commodity, trim_scale(amount) AS amount, at FROM ledger.postings
  WHERE account_id = $1 AND sequence <= $2
    AND ($3::bigint IS NULL OR (sequence, line) ${after} ($3::bigint, $4::bigint))
  ORDER BY sequence ${order}, line ${order} LIMIT $5`,
);
// index stock_splits_by_holding
export const selectSplits = `
  SELECT * FROM ledger.stock_splits WHERE account_id = $1 AND symbol = $2 AND sequence <= $3 ORDER BY sequence`;

// Of the log up to $2, the marks that were made by $3, and all up to $4.
const shown = `k.sequence <= $2 AND ($3::timestamptz IS NULL OR k.marked_at <= $3 OR k.sequence <= $4)`;
// The primary key (symbol, sequence).
export const selectMarks = `
  SELECT k.* FROM ledger.price_marks k
  WHERE k.symbol = ANY ($1::text[]) AND k.sequence > $5 AND ${shown} ORDER BY k.sequence`;
export const selectLatestMark = `
  SELECT max(k.marked_at) AS latest FROM ledger.price_marks k
  WHERE k.symbol = ANY ($1::text[]) AND k.sequence <= $2`;
export const selectExtremes = `
  SELECT wanted.symbol, wanted.after, seen.high, seen.low
  FROM unnest($1::text[], $5::bigint[], $6::bigint[], $7::date[]) AS wanted (symbol, after, until, session)
  CROSS JOIN LATERAL (
    SELECT max(CASE WHEN k.session > wanted.session THEN k.high ELSE k.close END) AS high,
      min(CASE WHEN k.session > wanted.session THEN k.low ELSE k.close END) AS low
    FROM ledger.price_marks k
    WHERE k.symbol = wanted.symbol AND k.sequence > wanted.after AND k.sequence <= wanted.until AND ${shown}
  ) seen
  WHERE seen.high IS NOT NULL`;
// What projections/marks/project.ts makes of the marks: a mark of an older session than one before it does not count.
export const selectMarket = `
  SELECT wanted.symbol, last.close AS price, newest.session, first.open, day.high, day.low, last.close,
    closing.close AS prev_close, last.source, last.marked_at, last.sequence
  FROM (
    SELECT unnest($1::text[]) AS symbol
    UNION ALL SELECT m.symbol FROM ledger.market_data_cache m WHERE $1::text[] IS NULL
  ) wanted
  CROSS JOIN LATERAL (
    SELECT max(k.session) AS session FROM ledger.price_marks k WHERE k.symbol = wanted.symbol AND ${shown}
  ) newest
  CROSS JOIN LATERAL (
    SELECT k.open, k.sequence FROM ledger.price_marks k
    WHERE k.symbol = wanted.symbol AND k.session = newest.session AND ${shown} ORDER BY k.sequence LIMIT 1
  ) first
  CROSS JOIN LATERAL (
    SELECT max(k.high) AS high, min(k.low) AS low FROM ledger.price_marks k
    WHERE k.symbol = wanted.symbol AND k.session = newest.session AND ${shown}
  ) day
  CROSS JOIN LATERAL (
    SELECT k.* FROM ledger.price_marks k
    WHERE k.symbol = wanted.symbol AND k.session = newest.session AND ${shown} ORDER BY k.sequence DESC LIMIT 1
  ) last
  CROSS JOIN LATERAL (
    SELECT max(k.session) AS session FROM ledger.price_marks k
    WHERE k.symbol = wanted.symbol AND k.sequence < first.sequence AND ${shown}
  ) before
  LEFT JOIN LATERAL (
    SELECT k.close FROM ledger.price_marks k
    WHERE k.symbol = wanted.symbol AND k.session = before.session AND k.sequence < first.sequence AND ${shown}
    ORDER BY k.sequence DESC LIMIT 1
  ) closing ON true
  ORDER BY wanted.symbol`;

export const selectAccountOfNumber = `SELECT account_id FROM ledger.accounts WHERE account_number = $1`;
export const selectAccountOfOrder = `SELECT account_id FROM ledger.orders WHERE order_id = $1`;
export const selectAccountOfTransaction = `
  SELECT account_id FROM ledger.transactions WHERE sequence = $1 AND line = $2`;
export const selectAccounts = bothWays(
  (after, order) => `
  SELECT account_id, created_sequence FROM ledger.accounts
  WHERE ($1::text IS NULL OR user_id = $1) AND ($2::bigint IS NULL OR created_sequence ${after} $2)
  ORDER BY created_sequence ${order} LIMIT $3`,
);

// index events_stream_revision. Revisions are 1, 2, 3 …: without their bound, events after $3 would be read to the end.
export const selectStreamAfter = `
  SELECT sequence, stream, revision, id, type, recorded_at, effective_at, hash, body FROM ledger.events
  WHERE stream = $1 AND revision > $2 AND revision <= $2 + $4 AND sequence <= $3 ORDER BY revision LIMIT $4`;
// By halving, for the same reason.
export const selectRevisionBy = `
  WITH RECURSIVE halving (low, high) AS (
    SELECT 0::bigint, coalesce(max(revision), 0) FROM ledger.events WHERE stream = $1
    UNION ALL
    SELECT CASE WHEN e.sequence <= $2 THEN e.revision ELSE h.low END,
      CASE WHEN e.sequence <= $2 THEN h.high ELSE e.revision - 1 END
    FROM halving h JOIN ledger.events e ON e.stream = $1 AND e.revision = (h.low + h.high + 1) / 2
    WHERE h.low < h.high
  )
  SELECT low AS revision FROM halving WHERE low = high`;
