import { equal } from 'node:assert/strict';
import { defaultAccount, type HttpWorld, pickText } from './world.ts';

export const reconciliationPath = '/api/v1/reconciliation';
export const breaksPath = `${reconciliationPath}/breaks`;

/** A statement of the default account that has these executions, and says nothing of the ends. */
export const fillsOf = (...references: readonly string[]) => ({
  source: 'a broker',
  lines: references.map((reference) => ({
    kind: 'trade',
    reference,
    symbol: 'TOUR',
    side: 'buy',
    quantity: '3',
    price: '101.5',
    commission: '0.25',
    at: '2014-01-02T15:30:00Z',
  })),
});

export const compareAt = (world: HttpWorld, statement: object, record = false) => {
  const body = { account_id: defaultAccount, statement, record };
  return world.send('POST', reconciliationPath, { body });
};

/** Every route of reconciling, once with success. */
export const tourReconciliation = async (world: HttpWorld): Promise<void> => {
  const { body: found, status, text } = await compareAt(world, fillsOf('tour 1', 'tour 2'), true);
  equal(status, 200, text);
  const ids = [0, 1].map((place) => pickText(found, 'breaks', place, 'break_id'));
  const account = `account_id=${defaultAccount}`;
  equal((await world.read(`${breaksPath}?${account}`)).status, 200);
  equal((await world.read(`${breaksPath}/${ids[0]}?${account}`)).status, 200);
  const body = { account_id: defaultAccount };
  const approved = await world.send('POST', `${breaksPath}/${ids[0]}/approve`, { body });
  equal(approved.status, 200, approved.text);
  const dismissing = { body: { ...body, reason: 'a test' } };
  const dismissed = await world.send('POST', `${breaksPath}/${ids[1]}/dismiss`, dismissing);
  equal(dismissed.status, 200, dismissed.text);
};
