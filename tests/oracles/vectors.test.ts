import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fromText, meets, shown } from './exact.ts';
import { notFollowed } from './not-followed.ts';
import { casesIn, furtherFolders, shippedRuns, shippedVectors } from './oracle-files.ts';
import type { CaseReport } from './report.ts';
import { runVector } from './run-vectors.ts';
import { type Fields, parseVectors, type Vector } from './vector.ts';

const vectors = parseVectors(readFileSync(join(shippedVectors, 'vectors.json'), 'utf8'));
const findFile = (name: string): string | undefined =>
  name === 'buyapple.daily.jsonl.gz' ? join(shippedRuns, name) : undefined;

const assertMet = ({ differences, passed, notFollowed: apart, skipped }: CaseReport): void => {
  assert.deepEqual(differences, []);
  assert.ok(passed + apart.length > 0 || skipped !== null, 'it checked something');
};

describe('a vector from outside', () => {
  for (const vector of vectors) {
    it(`${vector.id}: ${vector.title}`, async (test) => {
      const report = await runVector(vector, findFile);
      if (report.skipped !== null) test.skip(report.skipped);
      assertMet(report);
    });
  }
});

describe('cases found beside the repository', () => {
  for (const { name, run } of furtherFolders().flatMap(casesIn)) {
    it(name, async (test) => {
      const report = await run();
      if (report.skipped !== null) test.skip(report.skipped);
      assertMet(report);
    });
  }
});

const isNumber = (value: unknown): value is string =>
  typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);

/** The number, off by one in the last decimal it is stated with, or by 10^-9 of itself where it has very many. */
const off = (number: string): string => {
  const decimals = number.split('.')[1]?.length ?? 0;
  const digits = number.replace(/^[-0.]+|\D/g, '').replace(/0+$/, '').length;
  if (digits >= 15)
    return `${number.slice(0, 9)}${number[9] === '1' ? '2' : '1'}${number.slice(10)}`;
  const unit = 10n ** BigInt(decimals);
  const { numerator, denominator } = fromText(number);
  const [whole = '', fraction = ''] = shown({
    numerator: numerator * (unit / denominator) + 1n,
    denominator: unit,
  }).split('.');
  return decimals === 0 ? whole : `${whole}.${fraction.padEnd(decimals, '0')}`;
};

const withField = (vector: Vector, place: number, name: string, value: string): Vector => ({
  ...vector,
  expect: vector.expect.map((entry, index) =>
    index === place ? { ...entry, [name]: value } : entry,
  ),
});

describe('a vector whose expected number is off by one', () => {
  for (const vector of vectors) {
    const numbers = vector.expect.flatMap((entry: Fields, place) =>
      Object.entries(entry).flatMap(([name, value]) =>
        name !== 'after' && isNumber(value) ? [{ place, name, value }] : [],
      ),
    );
    if (vector.tags.includes('file') || vector.method === 'wash-sale') continue;
    it(`${vector.id} fails at each of its ${numbers.length}`, async () => {
      for (const { place, name, value } of numbers) {
        const report = await runVector(withField(vector, place, name, off(value)), findFile);
        assert.equal(report.differences.length, 1, `${name}: ${value} as ${off(value)}`);
      }
    });
  }
});

const made = (parts: Partial<Vector>): Vector => ({
  id: 'made',
  title: '',
  method: 'average',
  tags: [],
  note: '',
  start: {},
  events: [],
  expect: [],
  unknown: [],
  ...parts,
});

const fill = (side: 'BUY' | 'SELL', qty: string, price: string, more: Fields = {}): Fields => ({
  type: 'fill',
  symbol: 'X',
  side,
  qty,
  price,
  fee: '0',
  ...more,
});

const lot = (qty: string, cost: string, date: string): Fields => ({ symbol: 'X', qty, cost, date });
const threeLots = {
  lots: [
    lot('5', '111.11', '2015-10-02'),
    lot('4', '100', '2015-10-01'),
    lot('6', '122.22', '2015-10-03'),
  ],
};
const reduce = (more: Fields): Fields => ({ type: 'reduce', symbol: 'X', ...more });

const agrees = async (parts: Partial<Vector>): Promise<void> => {
  assertMet(await runVector(made(parts), findFile));
};

describe('a vector of a kind that is not in the file', () => {
  it('takes the dearest lots first', () =>
    agrees({
      method: 'hifo',
      start: threeLots,
      events: [reduce({ qty: '8' }), reduce({ qty: '4' })],
      expect: [
        {
          after: 1,
          matched: [
            { qty: '6', cost: '122.22' },
            { qty: '2', cost: '111.11' },
          ],
        },
        { after: 2, qty: '3', lots: [{ qty: '3', cost: '100.00' }] },
      ],
    }));

  it('takes the lot that is named', () =>
    agrees({
      method: 'strict',
      start: threeLots,
      events: [reduce({ qty: '2', cost: '111.11' }), reduce({ qty: '6', date: '2015-10-03' })],
      expect: [
        { after: 1, matched: [{ qty: '2', cost: '111.11' }] },
        {
          after: 2,
          qty: '7',
          lots: [
            { qty: '3', cost: '111.11' },
            { qty: '4', cost: '100' },
          ],
        },
      ],
    }));

  it('says which lots a strict reduction could mean, and takes all when all go', () =>
    agrees({
      method: 'strict',
      start: threeLots,
      events: [
        reduce({ qty: '2' }),
        reduce({ qty: '9', cost: '100' }),
        reduce({ qty: '1', cost: '99' }),
        reduce({ qty: '15' }),
      ],
      expect: [
        { after: 1, error: 'Ambiguous matches for reduction' },
        { after: 2, error: 'Not enough lots to reduce' },
        { after: 3, error: 'No position matches' },
        { after: 4, qty: '0', lots: [] },
      ],
    }));

  it('matches shorts in lots too', () =>
    agrees({
      method: 'lifo',
      events: [
        fill('SELL', '10', '50', { fee: '1' }),
        fill('SELL', '10', '60', { fee: '1' }),
        fill('BUY', '15', '55', { fee: '1' }),
      ],
      expect: [
        {
          after: 3,
          qty: '-5',
          lots: [{ qty: '-5', cost: '50' }],
          closed_trades: [
            { direction: 'short', qty: '10', entry: '60', exit: '55', pnl: '50', fees: '2' },
            { direction: 'short', qty: '5', entry: '50', exit: '55', pnl: '-25', fees: '1' },
          ],
        },
      ],
    }));

  it('counts a trade from flat to each reduction', () =>
    agrees({
      method: 'flat-to-reduced fifo',
      events: [
        fill('BUY', '1000', '1.07', { fee: '1' }),
        fill('BUY', '2000', '1.08', { fee: '1' }),
        fill('SELL', '2000', '1.09', { fee: '1' }),
        fill('SELL', '2000', '1.10', { fee: '1' }),
        fill('BUY', '1000', '1.00', { fee: '1' }),
      ],
      expect: [
        {
          after: 5,
          qty: '0',
          closed_trades: [
            { direction: 'long', qty: '2000', entry: '1.075', exit: '1.09', pnl: '30', fees: '3' },
            { direction: 'long', qty: '1000', entry: '1.08', exit: '1.10', pnl: '20', fees: '1' },
            { direction: 'short', qty: '1000', entry: '1.1', exit: '1', pnl: '100', fees: '1' },
          ],
        },
      ],
    }));

  it('splits and pays dividends while short', () =>
    agrees({
      start: { cash: '1000', positions: [{ symbol: 'X', qty: '-10', avg_price: '100' }] },
      events: [
        { type: 'split', symbol: 'X', new_shares: '4', old_shares: '1' },
        { type: 'dividend', symbol: 'X', per_share: '0.5' },
        fill('BUY', '50', '20', { fee: '2' }),
        { type: 'fee', amount: '3' },
      ],
      expect: [
        { after: 0, qty: '-10', cash: '1000', side: 'SHORT' },
        { after: 1, qty: '-40', avg_price: '25', cost: '-1000' },
        { after: 2, dividends: '-20', cash_change: '-20' },
        {
          after: 3,
          qty: '10',
          avg_price: '20',
          realized_gross_last: '200',
          closed_qty: '40',
          opened_qty: '10',
          cash: '-22',
          fees: '2',
          positions: { X: '10' },
          // 10 of the 50 shares opened anew and bear their part of the commission.
          realized_net_cycle: '-0.4',
        },
        { after: 4, fees: '5', cash: '-25', realized_net: '195', equity: '175' },
      ],
    }));

  it('settles after the weekend', () =>
    agrees({
      title: 'T+2',
      start: { cash: '1000' },
      events: [
        fill('BUY', '10', '100', { ts: '2015-10-29T15:30:00Z' }),
        fill('SELL', '10', '100', { ts: '2015-10-30T15:30:00Z', fee: '1' }),
        { type: 'clock', ts: '2015-11-02T20:00:00Z' },
        { type: 'clock', ts: '2015-11-03T15:00:00Z' },
      ],
      expect: [
        { after: 2, cash: '-1', unsettled_cash: '1000' },
        { after: 3, cash: '-1', unsettled_cash: '1000' },
        { after: 4, cash: '999', unsettled_cash: '0' },
      ],
    }));

  it('speaks of one symbol where it names one', () =>
    agrees({
      events: [
        fill('BUY', '1', '10', { fee: '1' }),
        fill('BUY', '2', '5', { symbol: 'Y', fee: '2' }),
      ],
      expect: [
        { after: 2, symbol: 'X', qty: '1', fees: '1' },
        { after: 2, qty: '2', fees: '3', positions: { X: { qty: '1' }, Y: '2' } },
      ],
    }));

  it('sets a gain aside that UK tax matches with a later purchase', async () => {
    const vector = made({
      method: 'average, fees in cost',
      tags: ['tax'],
      events: [
        fill('BUY', '100', '10', { ts: '2019-01-01' }),
        fill('SELL', '50', '20', { ts: '2019-03-01' }),
        fill('BUY', '50', '18', { ts: '2019-03-11' }),
      ],
      expect: [{ after: 2, gain_whole_pounds: '100', qty: '50' }],
    });
    const { differences, passed, notFollowed: apart } = await runVector(vector, findFile);
    assert.deepEqual(
      { differences, passed, apart: apart.length },
      { differences: [], passed: 1, apart: 1 },
    );
  });
});

describe('a vector that says more than is understood', () => {
  const differs = async (parts: Partial<Vector>, words: RegExp): Promise<void> => {
    const { differences } = await runVector(made(parts), findFile);
    assert.match(differences.join('\n'), words);
  };

  it('fails and names the field', async () => {
    const events = [fill('BUY', '1', '10')];
    await differs({ events, expect: [{ after: 1, karma: '7' }] }, /karma: unknown field/);
    await differs({ events: [fill('BUY', '1', '10', { mood: 'x' })] }, /unknown field mood/);
    await differs({ events: [{ type: 'spin_off' }] }, /type: unknown: spin_off/);
    await differs({ events, expect: [{ after: 2, qty: '1' }] }, /after 2: no such event/);
    await differs({ method: 'tarot', events }, /method: unknown: tarot/);
    await differs({ start: { gold: '1' }, events }, /unknown field gold/);
    await differs({ events, unknown: ['omen'] }, /unknown field omen/);
  });

  it('fails where the ledger refuses what the vector takes for granted', () =>
    differs({ events: [{ type: 'withdrawal', amount: '5' }] }, /refused: insufficient_cash/));
});

describe('a rule that we do not follow', () => {
  for (const { rule, fields, governs } of notFollowed) {
    it(`${rule}: no expectation of the file that it sets aside would pass`, async () => {
      for (const vector of vectors.filter(governs)) {
        const { notFollowed: apart } = await runVector(vector, findFile);
        const wanted = vector.expect.flatMap((entry) =>
          Object.keys(entry).filter((name) => fields.includes(name)),
        );
        assert.equal(apart.length, wanted.length, `${vector.id}: some of it is followed`);
      }
    });
  }

  it('governs what the file has of wash sales, and nothing else of it', () => {
    const governed = vectors.filter((vector) => notFollowed.some(({ governs }) => governs(vector)));
    assert.deepEqual(
      governed.map(({ id }) => id),
      vectors.filter(({ method }) => method === 'wash-sale').map(({ id }) => id),
    );
  });
});

describe('an expected number', () => {
  const third = { numerator: 2n, denominator: 3n };
  it('is met at the decimals it is stated with', () => {
    assert.ok(meets('0.667', third, 'stated'));
    assert.ok(!meets('0.666', third, 'stated'));
    assert.ok(!meets('1', third, 'stated'));
    assert.ok(!meets('0.7', third, 'cents'));
    assert.ok(meets('0.67', third, 'cents'));
    assert.ok(!meets('0.67', third, 'exact'));
  });

  it('of very many digits is met to one part in 10^12', () => {
    assert.ok(meets('0.6666666666666665', third, 'exact'));
    assert.ok(!meets('0.6666666666766667', third, 'exact'));
  });

  it('in whole pounds is rounded down', () => {
    const gain = { numerator: 32_933n, denominator: 100n };
    assert.ok(meets('329', gain, 'whole'));
    assert.ok(!meets('330', gain, 'whole'));
  });
});
