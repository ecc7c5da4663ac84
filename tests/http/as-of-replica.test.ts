import { deepEqual, equal } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { createLooks, type Looks } from '#database/postgres/audit/ledger-snapshot.ts';
import { defaultAccount, type HttpWorld, httpWorld, pick } from './world.ts';

const path = `/api/v1/trading/portfolio?account_id=${defaultAccount}`;

/** A look that stays at its moment, as a replica does that follows no more. */
const heldLook = async ({ withLook }: Pick<Looks, 'withLook'>) => {
  const opened = Promise.withResolvers<LookSnapshot>();
  const ended = Promise.withResolvers<void>();
  const holding = withLook(async (look) => {
    opened.resolve(look);
    await ended.promise;
  });
  const look = await opened.promise;
  return {
    look,
    end: async () => {
      ended.resolve();
      await holding;
    },
  };
};

describe('questions about the past where the replica that they read is behind', () => {
  let world: HttpWorld;
  let looks: Looks;
  let held: Awaited<ReturnType<typeof heldLook>> | undefined;
  let [before_, head] = [0, 0];
  const withLook: Looks['withLook'] = (act) =>
    held === undefined ? looks.withLook(act) : act(held.look);

  before(async () => {
    world = await httpWorld({ withLook, readTimeoutMs: 400 });
    looks = createLooks({ connectionString: world.connectionString });
    await world.funded();
    before_ = await world.store.head();
    await world.read(path);
    held = await heldLook(looks);
    const deposit = { account_id: defaultAccount, amount: '5' };
    await world.send('POST', '/api/v1/ledger/deposits', { body: deposit });
    head = await world.store.head();
    await world.read(path);
  });
  after(async () => {
    await held?.end();
    await looks.close();
    await world.close();
  });

  it('are not answered by less than they name', async () => {
    for (const view of [
      `known=${head}`,
      `as_of=${head}`,
      'known=2014-01-03T16:00:00Z',
      `as_of=2014-01-03T16:00:00Z&min_sequence=${head}`,
    ]) {
      const { status, body } = await world.send('GET', `${path}&${view}`);
      deepEqual([status, body['code']], [504, 'read_timeout'], view);
      equal(pick(body, 'details', 'min_sequence'), String(head), view);
    }
  });

  it('are answered by what it has where they name no more', async () => {
    for (const view of [`known=${before_}`, 'as_of=2014-01-03T16:00:00Z']) {
      const { body, headers } = await world.send('GET', `${path}&${view}`);
      equal(body['cash'], '100000', view);
      equal(headers.get('ledger-sequence'), String(before_), view);
    }
  });

  it('wait for it', async () => {
    const answers = Promise.all(
      [`known=${head}`, `as_of=${head}`, 'known=2014-01-03T16:00:00Z'].map((view) =>
        world.send('GET', `${path}&${view}`),
      ),
    );
    await sleep(100);
    const followed = held;
    held = undefined;
    for (const { body } of await answers) equal(body['cash'], '100005');
    await followed?.end();
  });
});
