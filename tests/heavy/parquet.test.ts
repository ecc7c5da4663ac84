import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { writeParquet } from '#audit/export/parquet.ts';
import { type Cash, formatCash, formatQuantity, smaller, sum } from '#domain/money.ts';
import { foldLedger } from '#projections/fold.ts';
import { everything, logOf } from '../audit/export-world.ts';
import { randomHistory } from '../support/account-histories.ts';

const folder = mkdtempSync(join(tmpdir(), 'parquet-heavy-'));
after(() => rmSync(folder, { recursive: true }));

/** Apache Arrow, the format's own other implementation; `.ci/run` puts it there. */
const python = join(import.meta.dirname, '..', '..', 'data', 'tools', 'pyarrow', 'bin', 'python');

// Sums of decimals are decimals of the same scale in Arrow: nothing rounds.
const reading = `
import decimal, json, sys
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
result = {}
for name in sys.argv[2:]:
    file = pq.ParquetFile(f"{sys.argv[1]}/{name}.parquet")
    table = file.read()
    table.validate(full=True)
    decimals = [f.name for f in table.schema if str(f.type).startswith("decimal")]
    result[name] = {
        "rows": table.num_rows,
        "groups": file.num_row_groups,
        "types": {f.name: str(f.type) for f in table.schema},
        "sums": {c: format(pc.sum(table[c]).as_py() or 0, "f") for c in decimals},
        "least": {c: format(pc.min(table[c]).as_py() or 0, "f") for c in decimals},
        "first": {c: str(table[c][0]) for c in table.column_names} if table.num_rows else None,
    }
    # A filter that rests on the statistics of row groups finds what a look at every row does.
    if name == "transactions":
        nothing = pa.scalar(decimal.Decimal(0), pa.decimal128(38, 18))
        found = pq.read_table(f"{sys.argv[1]}/{name}.parquet", filters=pc.field("amount") < nothing)
        result[name]["negative"] = [found.num_rows, pc.sum(pc.less(table["amount"], nothing)).as_py()]
print(json.dumps(result))
`;
type Read = {
  readonly rows: number;
  readonly groups: number;
  readonly types: Readonly<Record<string, string>>;
  readonly sums: Readonly<Record<string, string>>;
  readonly least: Readonly<Record<string, string>>;
  readonly first: Readonly<Record<string, string>> | null;
  readonly negative?: readonly [number, number];
};
const tables = ['events', 'transactions', 'fills', 'gains', 'positions', 'lots'] as const;

const readWithArrow = (path: string): Readonly<Record<(typeof tables)[number], Read>> => {
  if (!existsSync(python)) {
    throw new Error(
      `There is no ${python}: python3 -m venv data/tools/pyarrow && data/tools/pyarrow/bin/pip install pyarrow==21.0.0`,
    );
  }
  const ran = spawnSync(python, ['-c', reading, path, ...tables], { encoding: 'utf8' });
  equal(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout);
};

/** Trailing zeros say nothing. */
const plain = (text: string): string => text.replace(/\.?0+$/, '');
const same = (found: string | undefined, wanted: bigint, what: string): void =>
  equal(plain(`${found}.`.replace(/(\..*)\.$/, '$1')), formatCash(wanted as Cash), what);

describe('Parquet of a random ledger, read by Arrow', () => {
  it('has our rows, types and sums, to the last digit', async () => {
    const settings = { seed: 12, accounts: 5, symbols: 4, events: 6_000, rare: true };
    const events = randomHistory(settings);
    await writeParquet(logOf(events), everything, folder, () => {}, 700);
    const read = readWithArrow(folder);
    const ours = foldLedger(events);

    equal(read.events.rows, events.length);
    equal(read.events.groups, Math.ceil(events.length / 700));
    equal(read.events.first?.['recorded_at']?.slice(0, 19), '2024-01-02 15:00:00');
    equal(read.events.types['recorded_at'], 'timestamp[us, tz=UTC]');
    equal(read.transactions.types['amount'], 'decimal128(38, 18)');
    equal(read.fills.types['price'], 'decimal128(38, 9)');
    for (const { types } of Object.values(read)) {
      ok(Object.values(types).every((type) => !/double|float/.test(type)));
    }

    const transactions = [...ours.transactions.values()];
    equal(read.transactions.rows, transactions.length);
    const amounts = transactions.map(({ amount }) => amount);
    same(read.transactions.sums['amount'], sum(amounts), 'amount');
    same(read.transactions.least['amount'], amounts.reduce(smaller), 'least amount');
    const negative = amounts.filter((amount) => amount < 0n).length;
    deepEqual(read.transactions.negative, [negative, negative]);

    const positions = [...ours.positions.values()];
    same(read.positions.sums['cost'], sum(positions.map(({ cost }) => cost)), 'cost');
    const gained = sum(positions.map((row) => row.realizedPnlLifetime));
    same(read.positions.sums['realized_pnl'], gained, 'gains');
    same(read.gains.sums['realized_pnl'], gained, 'gains of each sale');
    const held = sum(positions.map(({ quantity }) => quantity));
    equal(plain(read.positions.sums['quantity'] ?? ''), formatQuantity(held));

    const lots = [...ours.lots.values()];
    same(read.gains.sums['realized_pnl_fifo'], sum(lots.map((lot) => lot.realizedPnl)), 'lots');
    same(read.lots.sums['cost'], sum(lots.map((lot) => lot.cost)), 'open lots');
    equal(read.lots.rows, lots.filter(({ closedAt }) => closedAt === null).length);
  });
});
