-- Each index serves the query named beside it. A bulk build makes them at its end: that is faster.
CREATE INDEX accounts_number ON accounts (account_number);                           -- getAccountByNumber
CREATE INDEX accounts_created ON accounts (created_sequence);                               -- listAccounts
CREATE INDEX orders_by_account ON orders (account_id, created_sequence);                    -- listOrders, activity
CREATE INDEX orders_by_client_id ON orders (account_id, client_order_id);                   -- getOrderByClientId
CREATE INDEX orders_open ON orders (account_id, created_sequence)                           -- listOrders status=open
  WHERE status IN ('submitted', 'accepted', 'partially_filled', 'pending_cancel', 'pending_replace');
CREATE INDEX order_fills_by_order ON order_fills (order_id);                                -- orderFills
CREATE INDEX order_fills_by_account ON order_fills (account_id, created_sequence);          -- listFills, activity
CREATE INDEX order_fills_unsettled ON order_fills (account_id, settles_at)                  -- getAccount
  WHERE side = 'sell' AND status IN ('booked', 'corrected');
CREATE INDEX position_history_by_account ON position_history (account_id, created_sequence); -- listPositionHistory
CREATE INDEX transactions_by_account ON transactions (account_id, sequence, line);          -- listTransactions, activity
CREATE INDEX journal_entries_by_account ON journal_entries (account_id, sequence);          -- listPostings
CREATE INDEX breaks_by_account ON breaks (account_id, created_sequence);                    -- listBreaks
CREATE INDEX reconciliations_by_account ON reconciliations (account_id, sequence);          -- listReconciliations
