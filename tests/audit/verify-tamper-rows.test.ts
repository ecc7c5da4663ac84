import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '#audit/verify/finding.ts';
import type { AccountId } from '#domain/ids.ts';
import { randomHistory, uuid } from '#tests/support/account-histories.ts';
import { createReconciling } from './random-reconciliations.ts';
import {
  appendHistory,
  brief,
  keepState,
  keepTables,
  type VerifyWorld,
  verifyWorld,
} from './verify-world.ts';

const log = randomHistory({ seed: 21, accounts: 3, symbols: 3, events: 900, rare: true });
const agingKeys = {
  orders: ['order_id'],
  lots: ['lot_id'],
  positions: ['account_id', 'symbol'],
  accounts: ['account_id'],
  market_data_cache: ['symbol'],
  breaks: ['account_id', 'break_id'],
};
const agingTables = Object.keys(agingKeys) as (keyof typeof agingKeys)[];

let world: VerifyWorld;
let head: number;
before(async () => {
  world = await verifyWorld();
  const reconcile = createReconciling(world.store, [uuid<AccountId>(1), uuid<AccountId>(2)], 21);
  await appendHistory(world.store, log.slice(0, 500));
  await reconcile(20);
  await world.project();
  // Rows as they were at event 500, to be put back later.
  for (const table of agingTables) {
    await world.sql(`CREATE TABLE old_${table} AS SELECT * FROM read_v1.${table}`);
  }
  await appendHistory(world.store, log.slice(500, 600));
  await reconcile(20);
  await appendHistory(world.store, log.slice(600));
  await world.project();
  head = await world.store.head();
  const { rows } = await world.sql(
    `SELECT stream, max(revision) AS last FROM ledger.events WHERE stream LIKE 'account-%'
     GROUP BY stream ORDER BY stream`,
  );
  for (const { stream, last } of rows) await keepState(world, stream, Number(last) - 20);
  deepEqual((await world.verify()).findings.first, []);
});
after(() => world.close());

const afterwards = async (...statements: readonly string[]): Promise<readonly Finding[]> => {
  const { putBack } = await keepTables(world);
  try {
    for (const statement of statements) {
      const { rowCount } = await world.sql(statement);
      ok((rowCount ?? 0) > 0, `it changes something: ${statement}`);
    }
    return (await world.verify()).findings.first;
  } finally {
    await putBack();
  }
};

type Row = Readonly<Record<string, string>>;
const rowOf = async (query: string): Promise<Row> => {
  const { rows } = await world.sql(`SELECT to_json(found) AS row FROM (${query} LIMIT 1) AS found`);
  ok(rows[0] !== undefined, `there is one: ${query}`);
  return rows[0].row;
};

describe('a cell that an insider edited', () => {
  const edits: readonly (readonly [
    what: string,
    find: string,
    table: string,
    key: string,
    set: string,
    column: string,
  ])[] = [
    ['an open lot', 'closed_at IS NULL', 'lots', 'lot_id', 'cost = cost + 1', 'cost'],
    [
      'a closed lot',
      'closed_at IS NOT NULL',
      'lots',
      'lot_id',
      'realized_pnl = realized_pnl - 0.01',
      'realized_pnl',
    ],
    [
      'a position that ended',
      'true',
      'position_history',
      'id',
      'exit_value = exit_value + 1',
      'exit_value',
    ],
    [
      'the worst that a position has seen',
      'max_adverse_excursion < 0',
      'position_history',
      'id',
      'max_adverse_excursion = 0',
      'max_adverse_excursion',
    ],
    ['a bust', `status = 'busted'`, 'order_fills', 'fill_id', `status = 'booked'`, 'status'],
    ['a split', 'true', 'stock_splits', 'event_id', 'new_shares = new_shares * 2', 'new_shares'],
    ['a reconciliation', 'true', 'reconciliations', 'event_id', 'matched = matched + 1', 'matched'],
  ];
  for (const [what, find, table, key, set, column] of edits) {
    it(`is named where it is of ${what}`, async () => {
      const row = await rowOf(`SELECT * FROM read_v1.${table} WHERE ${find} ORDER BY sequence`);
      const found = await afterwards(
        `UPDATE read_v1.${table} SET ${set} WHERE ${key} = '${row[key]}'`,
      );
      deepEqual(found.map(brief), [`cell_differs ${row['sequence']} ${table} ${column}`]);
    });
  }

  it('is named where it is of a mark, of a quote, or of a point of the equity', async () => {
    const mark = await rowOf('SELECT * FROM read_v1.price_marks ORDER BY sequence DESC');
    const marked = await afterwards(
      `UPDATE read_v1.price_marks SET high = high + 1 WHERE sequence = ${mark['sequence']}`,
    );
    deepEqual(marked.map(brief), [`cell_differs ${mark['sequence']} price_marks high`]);
    equal(marked[0]?.key, `${mark['symbol']}/${mark['sequence']}`);
    const quoted = await afterwards(
      `UPDATE read_v1.market_data_cache SET prev_close = coalesce(prev_close, 0) + 1 WHERE symbol = '${mark['symbol']}'`,
    );
    deepEqual(
      quoted.map(({ key, column }) => [key, column]),
      [[mark['symbol'], 'prev_close']],
    );
    const point = await rowOf('SELECT * FROM read_v1.portfolio_snapshots ORDER BY sequence');
    const found = await afterwards(
      `UPDATE read_v1.portfolio_snapshots SET equity = equity + 1
       WHERE account_id = '${point['account_id']}' AND session = '${point['session']}'`,
    );
    deepEqual(found.map(brief), [`cell_differs ${point['sequence']} portfolio_snapshots equity`]);
    equal(found[0]?.key, `${point['account_id']}/${point['session']}`);
  });

  it('is named where it is of the best that an open position has seen', async () => {
    const row = await rowOf('SELECT * FROM read_v1.positions WHERE cycle IS NOT NULL');
    const found = await afterwards(
      `UPDATE read_v1.positions SET cycle = jsonb_set(cycle, '{maxFavorable}', '"123456"')
       WHERE account_id = '${row['account_id']}' AND symbol = '${row['symbol']}'`,
    );
    deepEqual(found.map(brief), [`cell_differs ${row['sequence']} positions cycle.maxFavorable`]);
  });

  it('is named where it is of a break, open or ended', async () => {
    for (const [find, set, column] of [
      [`status = 'open'`, 'cash = 0', 'cash'],
      [`status = 'open'`, `status = 'dismissed'`, 'status'],
      [`status = 'dismissed'`, `reason = 'nobody asked'`, 'reason'],
      [
        'correction IS NOT NULL',
        `correction = jsonb_set(correction, '{reason}', '"x"')`,
        'correction',
      ],
      ['created_sequence < sequence', 'first_seen_at = last_seen_at', 'first_seen_at'],
      ['created_sequence < sequence', 'sequence = created_sequence', 'sequence'],
    ] as const) {
      const row = await rowOf(`SELECT * FROM read_v1.breaks WHERE ${find} ORDER BY sequence`);
      const found = await afterwards(
        `UPDATE read_v1.breaks SET ${set}
         WHERE account_id = '${row['account_id']}' AND break_id = '${row['break_id']}'`,
      );
      deepEqual(found.map(brief), [`cell_differs ${row['sequence']} breaks ${column}`]);
      equal(found[0]?.key, `${row['account_id']}/${row['break_id']}`);
    }
  });

  it('is named where it is the event that a row says touched it last', async () => {
    const row = await rowOf(`SELECT * FROM read_v1.orders
      WHERE status = 'filled' AND sequence > created_sequence + 3 AND filled_quantity > 0
      ORDER BY sequence`);
    const { created_sequence: made, sequence, order_id: id } = row;
    const touches = await world.sql(
      `SELECT max(sequence) AS at FROM ledger.events WHERE sequence < $1
       AND body::json -> 'data' ->> 'orderId' = $2`,
      [sequence, id],
    );
    for (const edited of [
      made,
      touches.rows[0]?.at,
      Number(sequence) - 1,
      Number(sequence) + 1,
      1,
    ]) {
      if (String(edited) === String(sequence)) continue;
      const found = await afterwards(
        `UPDATE read_v1.orders SET sequence = ${edited} WHERE order_id = '${id}'`,
      );
      deepEqual(found.map(brief), [`cell_differs ${sequence} orders sequence`]);
    }
    const moved = await afterwards(
      `UPDATE read_v1.orders SET created_sequence = created_sequence + 40 WHERE order_id = '${id}'`,
    );
    deepEqual(moved.map(brief), [`cell_differs ${sequence} orders created_sequence`]);
  });
});

describe('a row that an insider', () => {
  it('deleted is missing, whichever table', async () => {
    for (const [table, key] of [
      ['orders', 'order_id'],
      ['order_fills', 'fill_id'],
      ['lots', 'lot_id'],
      ['position_history', 'id'],
      ['stock_splits', 'event_id'],
      ['price_marks', 'sequence'],
      ['journal_entries', 'sequence'],
      ['reconciliations', 'sequence'],
      ['breaks', 'break_id'],
    ] as const) {
      const row = await rowOf(`SELECT * FROM read_v1.${table} ORDER BY sequence`);
      const found = await afterwards(
        `DELETE FROM read_v1.${table} WHERE ${key}::text = '${row[key]}' AND sequence = ${row['sequence']}`,
      );
      deepEqual(found.map(brief), [`row_missing ${row['sequence']} ${table}`]);
    }
  });

  it('added is one that no event makes', async () => {
    const newId = '99999999-0000-4000-8000-000000000001';
    const newBreak = '9'.repeat(20);
    for (const [table, key] of [
      ['breaks', 'break_id'],
      ['orders', 'order_id'],
      ['lots', 'lot_id'],
      ['position_history', 'id'],
      ['stock_splits', 'event_id'],
    ] as const) {
      const id = table === 'breaks' ? newBreak : newId;
      const found = await afterwards(
        `INSERT INTO read_v1.${table} SELECT (jsonb_populate_record(t, '{"${key}": "${id}"}')).*
         FROM read_v1.${table} t LIMIT 1`,
      );
      equal(found.map(({ kind }) => kind).join(), 'row_unexpected');
      // A break's key begins with its account.
      equal(found[0]?.key?.split('/').at(-1), id);
    }
  });

  it('is named however far behind the log it says that it was made', async () => {
    // Above what JavaScript counts exactly, and the most that Postgres holds.
    for (const sequence of ['9007199254740993', '9223372036854775807']) {
      for (const [table, key, column] of [
        ['orders', 'order_id', 'created_sequence'],
        ['transactions', 'event_id', 'sequence'],
        ['journal_entries', 'event_id', 'sequence'],
      ] as const) {
        const changed = `{"${key}": "${uuid(77)}", "${column}": ${sequence}, "sequence": ${sequence}}`;
        const found = await afterwards(
          `INSERT INTO read_v1.${table} SELECT (jsonb_populate_record(t, '${changed}')).*
           FROM read_v1.${table} AS t LIMIT 1`,
        );
        const unexpected = found.filter(({ kind }) => kind === 'row_unexpected');
        deepEqual(unexpected.map(brief), [`row_unexpected ${table}`], `${table} at ${sequence}`);
      }
    }
  });

  it('moved to another account is named by the cell', async () => {
    for (const [table, key] of [
      ['orders', 'order_id'],
      ['order_fills', 'fill_id'],
      ['lots', 'lot_id'],
      ['position_history', 'id'],
      ['transactions', 'sequence'],
      ['journal_entries', 'sequence'],
    ] as const) {
      const row = await rowOf(`SELECT * FROM read_v1.${table} ORDER BY sequence`);
      const other = await rowOf(
        `SELECT account_id FROM read_v1.accounts WHERE account_id <> '${row['account_id']}'`,
      );
      const found = await afterwards(
        `UPDATE read_v1.${table} SET account_id = '${other['account_id']}' WHERE ${key}::text = '${row[key]}'`,
      );
      ok(found.length > 0);
      for (const one of found) {
        equal(brief(one), `cell_differs ${row['sequence']} ${table} account_id`);
      }
    }
  });

  it('put back as it was before is named by what it lacks', async () => {
    for (const table of agingTables) {
      const keys = agingKeys[table];
      const match = keys.join(', ');
      const row = await rowOf(
        `SELECT now.* FROM read_v1.${table} AS now JOIN old_${table} AS old USING (${match})
         WHERE now.sequence > old.sequence ORDER BY now.sequence`,
      );
      const found = await afterwards(
        `WITH gone AS (
           DELETE FROM read_v1.${table} AS now USING old_${table} AS old
           WHERE ${keys.map((key) => `now.${key} = old.${key} AND now.${key}::text = '${row[key]}'`).join(' AND ')}
           RETURNING old.*
         )
         SELECT count(*) FROM gone`,
        `INSERT INTO read_v1.${table} SELECT * FROM old_${table}
         WHERE ${keys.map((key) => `${key}::text = '${row[key]}'`).join(' AND ')}`,
      );
      ok(
        found.some(({ column }) => column === 'sequence'),
        `${table}: ${found.map(brief)}`,
      );
      const place = keys.map((key) => row[key]).join('/');
      for (const { kind, key, table: where, sequence } of found) {
        deepEqual([kind, where, key, sequence], ['cell_differs', table, place, row['sequence']]);
      }
    }
  });
});

describe('the checkpoint of the read tables', () => {
  const move = (by: number) =>
    afterwards(`UPDATE ledger.projection_status SET checkpoint = checkpoint + ${by} WHERE live`);

  it('is named where it was moved beyond the log', async () => {
    deepEqual((await move(3)).map(brief)[0], `checkpoint_beyond_log ${head + 1} checkpoint`);
  });

  it('is named where it was moved back behind the rows', async () => {
    deepEqual((await move(-60)).map(brief)[0], `checkpoint_behind_rows ${head - 59} checkpoint`);
  });
});

describe('what writers go on from', () => {
  it('is named where the counter or the head of a stream was edited', async () => {
    const counter = await afterwards('UPDATE ledger.log_head SET sequence = sequence + 1');
    deepEqual(counter.map(brief), [`counter_differs ${head + 1}`]);
    const { stream } = await rowOf('SELECT stream FROM ledger.streams ORDER BY stream');
    for (const set of ['revision = revision - 1', `hash = repeat('0', 64)`]) {
      const head = await afterwards(`UPDATE ledger.streams SET ${set} WHERE stream = '${stream}'`);
      deepEqual(
        head.map(({ kind, stream: named }) => [kind, named]),
        [['stream_head_differs', stream]],
      );
    }
    const gone = await afterwards(`DELETE FROM ledger.streams WHERE stream = '${stream}'`);
    deepEqual(
      gone.map(({ kind }) => kind),
      ['stream_head_differs'],
    );
  });
});

describe('a state that commands go on from', () => {
  const edit = async (change: (state: string) => string) => {
    const { stream, revision, state } = await rowOf(
      `SELECT stream, revision, state FROM ledger.snapshots
       WHERE state LIKE '%"liveOrders":{"set":["s%' ORDER BY stream`,
    );
    const changed = change(String(state));
    ok(changed !== state);
    const found = await afterwards(
      `UPDATE ledger.snapshots SET state = $state$${changed}$state$ WHERE stream = '${stream}'`,
    );
    for (const one of found) {
      deepEqual([one.table, one.key, one.revision], ['ledger.snapshots', stream, Number(revision)]);
    }
    return found.map(({ kind, column }) => `${kind} ${column}`);
  };

  it('is named by its cash, its shares and what it keeps aside', async () => {
    const cash = await edit((state) => state.replace(/"cash":"n/, '"cash":"n9'));
    deepEqual(cash, ['state_differs cash']);
    const reserved = await edit((state) =>
      state.replace(/"reservedCash":"n\d+/, '"reservedCash":"n0'),
    );
    deepEqual(reserved, ['state_differs reservedCash']);
    const shares = await edit((state) =>
      state.replace(/\["s(S\d)",\{"quantity":"n/, '["s$1",{"quantity":"n9'),
    );
    equal(shares.length, 1);
    ok(/^state_differs holdings\.S\d\.quantity$/.test(shares[0] ?? ''), shares[0]);
    const limits = await edit((state) =>
      state.replace('"orderNotional":null', '"orderNotional":"n5"'),
    );
    deepEqual(limits, ['state_differs policy']);
    const kind = await edit((state) => state.replace('"kind":"smargin"', '"kind":"scash"'));
    deepEqual(kind, ['state_differs policy']);
  });

  it('is named by an open order that was changed, or is not open any more', async () => {
    const id = (state: string): string =>
      /"liveOrders":\{"set":\["s([^"]+)"/.exec(state)?.[1] ?? '';
    const reservation = await edit((state) => {
      const at = state.indexOf(`"orderId":"s${id(state)}"`);
      return state.slice(0, at) + state.slice(at).replace(/"opening":"n/, '"opening":"n7');
    });
    equal(reservation.length, 1);
    ok(/^state_differs orders\.\S+\.reservation$/.test(reservation[0] ?? ''), reservation[0]);
    const gone = await edit((state) =>
      state.replace(`"s${id(state)}",`, '').replace(`"set":["s${id(state)}"]`, '"set":[]'),
    );
    ok(
      gone.length > 0 && gone.every((one) => one.startsWith('state_differs orders.')),
      gone.join(),
    );
    deepEqual(await edit((state) => state.slice(0, -1)), ['state_unreadable state']);
  });

  it('is said to be skipped where its version is not known', async () => {
    await world.sql('BEGIN');
    await world.sql('UPDATE ledger.snapshots SET version = 1');
    await world.sql('COMMIT');
    const { books, findings } = await world.verify();
    await world.sql('UPDATE ledger.snapshots SET version = 2');
    deepEqual([books?.states.skipped, books?.states.checked, findings.count], [3, 0, 0]);
  });
});
