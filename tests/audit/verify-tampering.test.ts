import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '#audit/verify/finding.ts';
import type { VerifyOptions } from '#audit/verify/verify.ts';
import type { AccountId } from '#domain/ids.ts';
import { createReconciling } from './random-reconciliations.ts';
import {
  brief,
  keepTables,
  rehash,
  tradeAtRandom,
  type VerifyWorld,
  verifyWorld,
} from './verify-world.ts';

type Event = {
  readonly sequence: string;
  readonly stream: string;
  readonly revision: string;
  readonly hash: string;
  readonly body: string;
};

/** The findings about the log itself, without those about what its events come to. */
const ofLog = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ table, kind }) => table === undefined && kind !== 'event_contradicts')
    .map(brief);

describe('a ledger that a superuser has changed', () => {
  let world: VerifyWorld;
  before(async () => {
    world = await verifyWorld();
    const options = { seed: 501, accounts: 2, moves: 220, market: true };
    const accounts = await tradeAtRandom(world.store, options);
    await createReconciling(world.store, accounts, 501)(30);
    await world.project();
    deepEqual((await world.verify()).findings.first, []);
  });
  after(() => world.close());

  /** Tampers, verifies and puts everything back as it was. */
  const afterwards = async (
    tamper: () => Promise<unknown>,
    options: VerifyOptions = {},
  ): Promise<readonly Finding[]> => {
    const { putBack } = await keepTables(world);
    try {
      await tamper();
      return (await world.verify(options)).findings.first;
    } finally {
      await putBack();
    }
  };
  const eventOf = async (type: string, from = 0): Promise<Event> => {
    const { rows } = await world.sql(
      `SELECT sequence, stream, revision, hash, body FROM ledger.events
       WHERE type = $1 AND revision > $2 ORDER BY sequence OFFSET 1 LIMIT 1`,
      [type, from],
    );
    ok(rows[0] !== undefined, `there is a ${type}`);
    return rows[0];
  };
  const setBody = (event: Event, body: string) =>
    world.sql('UPDATE ledger.events SET body = $2 WHERE sequence = $1', [event.sequence, body]);
  const richer = (event: Event): string =>
    event.body.replace(/"(commission|amount)":"([^"]*)"/, '"$1":"12345.67"');

  it('names the event of which one byte was edited', async () => {
    const event = await eventOf('OrderFilled');
    const findings = await afterwards(() =>
      setBody(event, event.body.replace('"venue":"X', '"venue":"Y')),
    );
    deepEqual(ofLog(findings), [`hash_differs ${event.sequence} hash`]);
  });

  it('names the event that cannot be read any more, and its hash', async () => {
    const event = await eventOf('OrderFilled');
    const findings = await afterwards(() => setBody(event, event.body.slice(0, -1)));
    deepEqual(ofLog(findings), [
      `hash_differs ${event.sequence} hash`,
      `event_unreadable ${event.sequence} body`,
    ]);
  });

  it('names a break that was found in another way, and one that nobody found', async () => {
    const found = await eventOf('BreakFound');
    const edited = await afterwards(async () => {
      await setBody(found, found.body.replace(/"kind":"[a-z_]+"/, '"kind":"fee","more":"x"'));
      await rehash(world.sql, found.stream, Number(found.revision));
    });
    deepEqual(ofLog(edited), [`event_unreadable ${found.sequence} body`]);

    const ended = await eventOf('BreakDismissed');
    const ofNobody = await afterwards(async () => {
      await setBody(ended, ended.body.replace(/"breakId":"\d+"/, `"breakId":"${'9'.repeat(20)}"`));
      await rehash(world.sql, ended.stream, Number(ended.revision));
    });
    equal(brief(ofNobody[0] as Finding), `event_contradicts ${ended.sequence}`);
    ok(ofNobody.slice(1).every(({ table }) => table === 'breaks'));
  });

  it('knows an account whose reconciliations cannot be read', async () => {
    const event = await eventOf('BreakFound');
    const accountId = event.stream.slice('reconciliation-'.length);
    const findings = await afterwards(async () => {
      await setBody(event, event.body.slice(0, -1));
      await world.sql('UPDATE read_v1.accounts SET cash = cash + 1 WHERE account_id = $1', [
        accountId,
      ]);
    });
    const [hash, body, cash, ...others] = findings;
    deepEqual([hash?.kind, body?.kind], ['hash_differs', 'event_unreadable']);
    deepEqual([cash?.table, cash?.column, cash?.key], ['accounts', 'cash', accountId]);
    deepEqual(others, []);
  });

  it('names the event of which the hash was edited, not the one behind it', async () => {
    const { sequence } = await eventOf('OrderSubmitted');
    const findings = await afterwards(() =>
      world.sql('UPDATE ledger.events SET hash = $2 WHERE sequence = $1', [
        sequence,
        'f'.repeat(64),
      ]),
    );
    deepEqual(findings.map(brief), [`hash_differs ${sequence} hash`]);
  });

  it('names the column that says something else than the body', async () => {
    const { sequence } = await eventOf('OrderSubmitted');
    for (const [column, value] of [
      ['type', 'OrderRefused'],
      ['effective_at', '2001-01-01T00:00:00Z'],
      ['recorded_at', 'infinity'],
    ]) {
      const findings = await afterwards(() =>
        world.sql(`UPDATE ledger.events SET ${column} = $2 WHERE sequence = $1`, [sequence, value]),
      );
      deepEqual(ofLog(findings), [`column_differs ${sequence} ${column}`]);
    }
  });

  it('names the gap where an event was deleted in the middle', async () => {
    const { sequence } = await eventOf('OrderFilled');
    const findings = await afterwards(() =>
      world.sql('DELETE FROM ledger.events WHERE sequence = $1', [sequence]),
    );
    deepEqual(ofLog(findings)[0], `sequence_missing ${sequence}`);
    ok(ofLog(findings).some((finding) => finding.startsWith('revision_missing')));
    ok(findings.some((finding) => brief(finding) === `row_unexpected ${sequence} transactions`));
  });

  it('names the gap where the last event was moved far away, and comes to an end', async () => {
    const head = await world.store.head();
    // As far as a counter may come, and beyond what JavaScript counts exactly.
    for (const sequence of ['1000000000000', '9223372036854775807']) {
      const findings = await afterwards(() =>
        world.sql('UPDATE ledger.events SET sequence = $2 WHERE sequence = $1', [head, sequence]),
      );
      equal(ofLog(findings)[0], `sequence_missing ${head}`, sequence);
    }
  });

  it('names the gap in a stream however wide it is, also where only its account is looked at', async () => {
    const { rows } = await world.sql(
      `SELECT stream, max(revision) AS revision FROM ledger.events WHERE stream LIKE 'account-%'
       GROUP BY stream ORDER BY stream LIMIT 1`,
    );
    const { stream, revision } = rows[0];
    const accountId = stream.slice('account-'.length) as AccountId;
    for (const far of ['1000000000000', '9223372036854775807']) {
      const findings = await afterwards(
        () =>
          world.sql('UPDATE ledger.events SET revision = $3 WHERE stream = $1 AND revision = $2', [
            stream,
            revision,
            far,
          ]),
        { accountId },
      );
      ok(
        findings.some(({ kind }) => kind === 'revision_missing'),
        far,
      );
    }
  });

  it('notices a cut tail by the read tables that have seen it', async () => {
    const findings = await afterwards(() =>
      world.sql(
        'DELETE FROM ledger.events WHERE sequence > (SELECT max(sequence) - 3 FROM ledger.events)',
      ),
    );
    ok(ofLog(findings)[0]?.startsWith('checkpoint_beyond_log'));
  });

  it('names two events of a stream that changed places', async () => {
    const one = await eventOf('OrderSubmitted', 10);
    const { rows } = await world.sql(
      'SELECT sequence FROM ledger.events WHERE stream = $1 AND revision = $2',
      [one.stream, Number(one.revision) + 1],
    );
    const other = rows[0]?.sequence;
    const findings = await afterwards(async () => {
      const move = 'UPDATE ledger.events SET sequence = $2 WHERE sequence = $1';
      await world.sql(move, [one.sequence, -1]);
      await world.sql(move, [other, one.sequence]);
      await world.sql(move, [-1, other]);
    });
    equal(ofLog(findings)[0], `revision_missing ${one.sequence}`);
    equal(ofLog(findings)[1], `revision_repeated ${other}`);
  });

  it('cannot see a stream rewritten with new hashes in the log alone, but the books differ', async () => {
    const event = await eventOf('OrderFilled');
    const findings = await afterwards(async () => {
      await setBody(event, richer(event));
      await rehash(world.sql, event.stream, Number(event.revision));
    });
    deepEqual(ofLog(findings), []);
    const first = findings.find(({ table }) => table === 'transactions');
    equal(first?.sequence, Number(event.sequence));
    ok(findings.some(({ table, column }) => table === 'accounts' && column === 'cash'));
  });

  it('names an id that two events have', async () => {
    const one = await eventOf('OrderSubmitted');
    const other = await eventOf('OrderFilled');
    const idOf = ({ body }: Event): string => JSON.parse(body).id;
    await world.sql('ALTER TABLE ledger.events DROP CONSTRAINT events_id');
    const findings = await afterwards(async () => {
      await world.sql('UPDATE ledger.events SET id = $2, body = $3 WHERE sequence = $1', [
        other.sequence,
        idOf(one),
        other.body.replaceAll(idOf(other), idOf(one)),
      ]);
      await rehash(world.sql, other.stream, Number(other.revision));
    });
    await world.sql('ALTER TABLE ledger.events ADD CONSTRAINT events_id UNIQUE (id)');
    const later = Math.max(Number(one.sequence), Number(other.sequence));
    deepEqual(ofLog(findings), [`event_id_repeated ${later} id`]);
  });

  it('names cells of JSON, lines of double entry, rows removed and rows added', async () => {
    const edits: readonly (readonly [string, string])[] = [
      [
        `UPDATE read_v1.accounts SET policy = jsonb_set(policy, '{limits,leverage}', '"9"')
         WHERE account_id = (SELECT min(account_id::text)::uuid FROM read_v1.accounts)`,
        'cell_differs accounts policy',
      ],
      [
        `UPDATE read_v1.orders SET reservation = jsonb_set(reservation, '{closing}', '"7777"')
         WHERE order_id = (SELECT min(order_id::text)::uuid FROM read_v1.orders)`,
        'cell_differs orders reservation',
      ],
      [
        `UPDATE read_v1.positions SET cycle = '{"side":"long","realized":"5"}'
         WHERE ctid = (SELECT ctid FROM read_v1.positions LIMIT 1)`,
        'cell_differs positions cycle.realized',
      ],
      [
        `UPDATE read_v1.journal_entries SET legs = jsonb_set(legs, '{0,amount}', '"1.5"')
         WHERE sequence = (SELECT min(sequence) FROM read_v1.journal_entries)`,
        'entry_unbalanced journal_entries legs',
      ],
      [
        'DELETE FROM read_v1.positions WHERE ctid = (SELECT ctid FROM read_v1.positions LIMIT 1)',
        'row_missing positions',
      ],
      [
        `INSERT INTO read_v1.transactions SELECT (jsonb_populate_record(t,
           '{"line": 9}')).* FROM read_v1.transactions t LIMIT 1`,
        'row_unexpected transactions',
      ],
    ];
    for (const [edit, expected] of edits) {
      const findings = await afterwards(() => world.sql(edit));
      const named = findings.map(({ sequence: _, ...finding }) => brief(finding));
      ok(named.includes(expected), `${expected} in ${named.join()}`);
    }
  });

  it('is told of one wrong balance once, though every line behind it goes on from it', async () => {
    const findings = await afterwards(() =>
      world.sql(`UPDATE read_v1.transactions SET balance_after = balance_after + 1
        WHERE account_id = (SELECT min(account_id::text)::uuid FROM read_v1.accounts)`),
    );
    equal(findings.filter(({ column }) => column === 'balance_after').length, 1);
  });
});
