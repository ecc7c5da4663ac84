-- Writes what a batch of events changed and moves the checkpoint from `floor` to `ceiling`, in one transaction and one
-- round trip. Another runner having moved it first is an error of its own (LG001): everything rolls back.
CREATE FUNCTION apply_batch(floor bigint, ceiling bigint, changes jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  UPDATE ledger.projection_status
  SET checkpoint = ceiling, applied_at = clock_timestamp(),
      state = CASE WHEN state = 'stopped' THEN 'running' ELSE state END,
      error_sequence = NULL, error_event_id = NULL, error_reason = NULL
  WHERE schema_name = current_schema() AND checkpoint = floor AND (live OR state = 'rebuilding');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the read tables are not at %', floor USING ERRCODE = 'LG001';
  END IF;

  IF changes ? 'accounts' THEN
    INSERT INTO accounts
    SELECT * FROM jsonb_populate_recordset(NULL::accounts, changes -> 'accounts')
    ON CONFLICT (account_id) DO UPDATE SET
      account_number = EXCLUDED.account_number,
      user_id = EXCLUDED.user_id,
      policy = EXCLUDED.policy,
      status = EXCLUDED.status,
      status_reason = EXCLUDED.status_reason,
      cash = EXCLUDED.cash,
      reserved = EXCLUDED.reserved,
      net_deposits = EXCLUDED.net_deposits,
      realized_pnl = EXCLUDED.realized_pnl,
      commission = EXCLUDED.commission,
      dividends = EXCLUDED.dividends,
      interest = EXCLUDED.interest,
      fees = EXCLUDED.fees,
      opened_at = EXCLUDED.opened_at,
      closed_at = EXCLUDED.closed_at,
      last_activity_at = EXCLUDED.last_activity_at,
      last_session = EXCLUDED.last_session,
      last_session_equity = EXCLUDED.last_session_equity,
      last_session_net_deposits = EXCLUDED.last_session_net_deposits,
      created_sequence = EXCLUDED.created_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'orders' THEN
    INSERT INTO orders
    SELECT * FROM jsonb_populate_recordset(NULL::orders, changes -> 'orders')
    ON CONFLICT (order_id) DO UPDATE SET
      account_id = EXCLUDED.account_id,
      client_order_id = EXCLUDED.client_order_id,
      broker_order_id = EXCLUDED.broker_order_id,
      symbol = EXCLUDED.symbol,
      side = EXCLUDED.side,
      type = EXCLUDED.type,
      time_in_force = EXCLUDED.time_in_force,
      quantity = EXCLUDED.quantity,
      notional = EXCLUDED.notional,
      limit_price = EXCLUDED.limit_price,
      stop_price = EXCLUDED.stop_price,
      trail_amount = EXCLUDED.trail_amount,
      trail_percent = EXCLUDED.trail_percent,
      triggered = EXCLUDED.triggered,
      high_water_mark = EXCLUDED.high_water_mark,
      trailed_stop_price = EXCLUDED.trailed_stop_price,
      status = EXCLUDED.status,
      filled_quantity = EXCLUDED.filled_quantity,
      filled_value = EXCLUDED.filled_value,
      busted_quantity = EXCLUDED.busted_quantity,
      fill_count = EXCLUDED.fill_count,
      commission = EXCLUDED.commission,
      reference_price = EXCLUDED.reference_price,
      reservation = EXCLUDED.reservation,
      replacement = EXCLUDED.replacement,
      reserved_cash = EXCLUDED.reserved_cash,
      reserved_quantity = EXCLUDED.reserved_quantity,
      replaces = EXCLUDED.replaces,
      replaced_by = EXCLUDED.replaced_by,
      reason = EXCLUDED.reason,
      refusal = EXCLUDED.refusal,
      submitted_at = EXCLUDED.submitted_at,
      accepted_at = EXCLUDED.accepted_at,
      triggered_at = EXCLUDED.triggered_at,
      replace_requested_at = EXCLUDED.replace_requested_at,
      replaced_at = EXCLUDED.replaced_at,
      cancel_requested_at = EXCLUDED.cancel_requested_at,
      canceled_at = EXCLUDED.canceled_at,
      filled_at = EXCLUDED.filled_at,
      expired_at = EXCLUDED.expired_at,
      rejected_at = EXCLUDED.rejected_at,
      updated_at = EXCLUDED.updated_at,
      created_sequence = EXCLUDED.created_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'order_fills' THEN
    INSERT INTO order_fills
    SELECT * FROM jsonb_populate_recordset(NULL::order_fills, changes -> 'order_fills')
    ON CONFLICT (account_id, execution_id) DO UPDATE SET
      fill_id = EXCLUDED.fill_id,
      order_id = EXCLUDED.order_id,
      symbol = EXCLUDED.symbol,
      side = EXCLUDED.side,
      status = EXCLUDED.status,
      quantity = EXCLUDED.quantity,
      price = EXCLUDED.price,
      value = EXCLUDED.value,
      commission = EXCLUDED.commission,
      liquidity = EXCLUDED.liquidity,
      venue = EXCLUDED.venue,
      disputed_because = EXCLUDED.disputed_because,
      previous_quantity = EXCLUDED.previous_quantity,
      previous_price = EXCLUDED.previous_price,
      previous_commission = EXCLUDED.previous_commission,
      restated_reason = EXCLUDED.restated_reason,
      restated_at = EXCLUDED.restated_at,
      executed_at = EXCLUDED.executed_at,
      settles_at = EXCLUDED.settles_at,
      created_sequence = EXCLUDED.created_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'positions' THEN
    INSERT INTO positions
    SELECT * FROM jsonb_populate_recordset(NULL::positions, changes -> 'positions')
    ON CONFLICT (account_id, symbol) DO UPDATE SET
      quantity = EXCLUDED.quantity,
      cost = EXCLUDED.cost,
      cycle = EXCLUDED.cycle,
      realized_pnl_lifetime = EXCLUDED.realized_pnl_lifetime,
      commission_lifetime = EXCLUDED.commission_lifetime,
      last_price = EXCLUDED.last_price,
      session = EXCLUDED.session,
      session_start_quantity = EXCLUDED.session_start_quantity,
      session_cash = EXCLUDED.session_cash,
      split_at = EXCLUDED.split_at,
      split_new_shares = EXCLUDED.split_new_shares,
      split_old_shares = EXCLUDED.split_old_shares,
      updated_at = EXCLUDED.updated_at,
      changed_sequence = EXCLUDED.changed_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'position_history' THEN
    INSERT INTO position_history
    SELECT * FROM jsonb_populate_recordset(NULL::position_history, changes -> 'position_history')
    ON CONFLICT (id) DO UPDATE SET
      account_id = EXCLUDED.account_id,
      symbol = EXCLUDED.symbol,
      side = EXCLUDED.side,
      quantity = EXCLUDED.quantity,
      average_entry_price = EXCLUDED.average_entry_price,
      average_exit_price = EXCLUDED.average_exit_price,
      entry_value = EXCLUDED.entry_value,
      exit_value = EXCLUDED.exit_value,
      realized_pnl = EXCLUDED.realized_pnl,
      commission = EXCLUDED.commission,
      max_favorable_excursion = EXCLUDED.max_favorable_excursion,
      max_adverse_excursion = EXCLUDED.max_adverse_excursion,
      opened_at = EXCLUDED.opened_at,
      closed_at = EXCLUDED.closed_at,
      hold_seconds = EXCLUDED.hold_seconds,
      closing_reason = EXCLUDED.closing_reason,
      created_sequence = EXCLUDED.created_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'lots' THEN
    INSERT INTO lots
    SELECT * FROM jsonb_populate_recordset(NULL::lots, changes -> 'lots')
    ON CONFLICT (lot_id) DO UPDATE SET
      account_id = EXCLUDED.account_id,
      symbol = EXCLUDED.symbol,
      quantity = EXCLUDED.quantity,
      cost = EXCLUDED.cost,
      commission = EXCLUDED.commission,
      opened_at = EXCLUDED.opened_at,
      closed_at = EXCLUDED.closed_at,
      realized_pnl = EXCLUDED.realized_pnl,
      created_sequence = EXCLUDED.created_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'stock_splits' THEN
    INSERT INTO stock_splits
    SELECT * FROM jsonb_populate_recordset(NULL::stock_splits, changes -> 'stock_splits');
  END IF;
  IF changes ? 'transactions' THEN
    INSERT INTO transactions
    SELECT * FROM jsonb_populate_recordset(NULL::transactions, changes -> 'transactions');
  END IF;
  IF changes ? 'journal_entries' THEN
    INSERT INTO journal_entries
    SELECT * FROM jsonb_populate_recordset(NULL::journal_entries, changes -> 'journal_entries');
  END IF;
  IF changes ? 'market_data_cache' THEN
    INSERT INTO market_data_cache
    SELECT * FROM jsonb_populate_recordset(NULL::market_data_cache, changes -> 'market_data_cache')
    ON CONFLICT (symbol) DO UPDATE SET
      price = EXCLUDED.price,
      session = EXCLUDED.session,
      open = EXCLUDED.open,
      high = EXCLUDED.high,
      low = EXCLUDED.low,
      close = EXCLUDED.close,
      prev_close = EXCLUDED.prev_close,
      source = EXCLUDED.source,
      marked_at = EXCLUDED.marked_at,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'price_marks' THEN
    INSERT INTO price_marks
    SELECT * FROM jsonb_populate_recordset(NULL::price_marks, changes -> 'price_marks');
  END IF;
  IF changes ? 'portfolio_snapshots' THEN
    INSERT INTO portfolio_snapshots
    SELECT * FROM jsonb_populate_recordset(NULL::portfolio_snapshots, changes -> 'portfolio_snapshots')
    ON CONFLICT (account_id, session) DO UPDATE SET
      at = EXCLUDED.at,
      cash = EXCLUDED.cash,
      positions_value = EXCLUDED.positions_value,
      equity = EXCLUDED.equity,
      net_deposits = EXCLUDED.net_deposits,
      realized_pnl = EXCLUDED.realized_pnl,
      unrealized_pnl = EXCLUDED.unrealized_pnl,
      commission = EXCLUDED.commission,
      day_change = EXCLUDED.day_change,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'breaks' THEN
    INSERT INTO breaks
    SELECT * FROM jsonb_populate_recordset(NULL::breaks, changes -> 'breaks')
    ON CONFLICT (account_id, break_id) DO UPDATE SET
      kind = EXCLUDED.kind,
      source = EXCLUDED.source,
      symbol = EXCLUDED.symbol,
      at = EXCLUDED.at,
      ours = EXCLUDED.ours,
      theirs = EXCLUDED.theirs,
      cash = EXCLUDED.cash,
      shares = EXCLUDED.shares,
      correction = EXCLUDED.correction,
      why = EXCLUDED.why,
      status = EXCLUDED.status,
      first_seen_at = EXCLUDED.first_seen_at,
      last_seen_at = EXCLUDED.last_seen_at,
      ended_at = EXCLUDED.ended_at,
      ended_by = EXCLUDED.ended_by,
      reason = EXCLUDED.reason,
      corrected_by = EXCLUDED.corrected_by,
      created_sequence = EXCLUDED.created_sequence,
      sequence = EXCLUDED.sequence;
  END IF;
  IF changes ? 'reconciliations' THEN
    INSERT INTO reconciliations
    SELECT * FROM jsonb_populate_recordset(NULL::reconciliations, changes -> 'reconciliations');
  END IF;

  IF changes ? 'removed' THEN
    DELETE FROM lots WHERE lot_id IN
      (SELECT value::uuid FROM jsonb_array_elements_text(changes -> 'removed' -> 'lots'));
    DELETE FROM position_history WHERE id IN
      (SELECT value::uuid FROM jsonb_array_elements_text(changes -> 'removed' -> 'position_history'));
  END IF;
END
$$;
