-- The public names, in the order in which they depend on each other.
DROP VIEW IF EXISTS ledger.accounts, ledger.positions, ledger.orders, ledger.order_fills, ledger.position_history,
  ledger.lots, ledger.stock_splits, ledger.transactions, ledger.postings, ledger.market_data_cache,
  ledger.price_marks, ledger.portfolio_snapshots, ledger.breaks, ledger.reconciliations;
