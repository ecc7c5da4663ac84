import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, RunningServer } from '#tests/support/server.ts';

export type Kind = 'submit' | 'replace' | 'cancel' | 'deposit' | 'fill';

/** A command as it was sent, and the answer that came back, if one did. */
export type Entry = {
  readonly kind: Kind;
  readonly account: string;
  /** Client order id, idempotency key or execution id: unique over all rounds. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  answer: Acknowledged | 'refused' | 'unknown';
};
export type Acknowledged = {
  readonly sequence: number | null;
  readonly orderId: string | null;
};

type Roll = (below: number) => number;

const accountId = (n: number): string =>
  `00000000-0000-7000-9000-${n.toString(16).padStart(12, '0')}`;
/** Margin and cash accounts on the paper broker, and two whose fills are reported from outside. */
export const paperAccounts = [1, 2, 3, 4].map(accountId);
export const outsideAccounts = [5, 6].map(accountId);
const accounts = [...paperAccounts, ...outsideAccounts];
const symbols = ['AAPL', 'MSFT', 'GE', 'INTC'];

/** Opens the accounts and pays in; again and again changes nothing. */
export const openAccounts = async ({ call }: RunningServer): Promise<void> => {
  for (const [index, account] of accounts.entries()) {
    const body = {
      account_id: account,
      account_number: `K-${index}`,
      account_type: index % 2 === 0 ? 'margin' : 'cash',
      settlement_days: 0,
      broker: paperAccounts.includes(account) ? 'paper' : 'none',
    };
    await call('POST', '/api/v1/ledger/accounts', body, { 'idempotency-key': `open-${account}` });
    const deposit = { account_id: account, amount: '1000000', description: 'to begin with' };
    const headers = { 'idempotency-key': `first-${account}` };
    await call('POST', '/api/v1/ledger/deposits', deposit, headers);
  }
};

const acknowledged = (answer: Answer): Acknowledged => {
  const sequence = answer.headers.get('ledger-sequence');
  const orderId = answer.at('order_id');
  return {
    sequence: sequence === null ? null : Number(sequence),
    orderId: typeof orderId === 'string' ? orderId : null,
  };
};

/** Sends a command; whatever is neither done nor refused for good stays unknown. */
export const send = async ({ call }: RunningServer, entry: Entry): Promise<Answer | null> => {
  try {
    const answer = await call(entry.method, entry.path, entry.body, entry.headers);
    if (answer.status < 300) entry.answer = acknowledged(answer);
    else if (answer.status < 500) entry.answer = 'refused';
    return answer;
  } catch {
    return null; // The server is gone; what became of the command is unknown.
  }
};

/** Random commands for six accounts, and the journal of what was answered. */
export const createLoad = (name: string, roll: Roll) => {
  const journal: Entry[] = [];
  let count = 0;
  const pick = <T>(from: readonly T[]): T => from[roll(from.length)] as T;
  const nextId = (kind: Kind): string => {
    count += 1;
    return `${name}-${kind}-${count}`;
  };
  const last: Readonly<Record<string, string>> = { AAPL: '109', MSFT: '47', GE: '26', INTC: '34' };
  /** Around what the symbols cost when the market begins; some cross at once, some rest. */
  const anyPrice = (symbol: string): string =>
    `${Number(last[symbol] ?? '50') - 4 + roll(9)}.${roll(10)}0`;

  const orderBody = (account: string): Record<string, unknown> => {
    const symbol = pick(symbols);
    const side = pick(['buy', 'buy', 'sell']);
    const base = { account_id: account, symbol, side, quantity: 1 + roll(20) };
    const time_in_force = pick(['day', 'gtc', 'day']);
    switch (pick(['market', 'market', 'limit', 'limit', 'stop', 'ioc', 'trailing'] as const)) {
      case 'market':
        return { ...base, type: 'market', time_in_force: 'day' };
      case 'limit':
        return { ...base, type: 'limit', limit_price: anyPrice(symbol), time_in_force };
      case 'stop':
        return { ...base, type: 'stop', stop_price: anyPrice(symbol), time_in_force };
      case 'ioc':
        return { ...base, type: 'limit', limit_price: anyPrice(symbol), time_in_force: 'ioc' };
      case 'trailing':
        return { ...base, type: 'trailing_stop', trail_percent: '1', time_in_force };
    }
  };

  /** An order of ours that was acknowledged; the newest are the likeliest to be at work still. */
  const someOrder = (): { readonly account: string; readonly orderId: string } | undefined => {
    for (let tries = 0; tries < 20; tries += 1) {
      const entry = journal[journal.length - 1 - roll(Math.min(journal.length, 200))];
      if (entry?.kind !== 'submit' || typeof entry.answer === 'string') continue;
      if (entry.answer.orderId !== null)
        return { account: entry.account, orderId: entry.answer.orderId };
    }
    return undefined;
  };

  const entryOf = (
    kind: Kind,
    account: string,
    request: Pick<Entry, 'method' | 'path' | 'body'>,
    id: string,
    keyed: boolean,
  ): Entry => ({
    kind,
    account,
    id,
    ...request,
    headers: keyed ? { 'idempotency-key': id } : {},
    answer: 'unknown',
  });

  const submit = (): Entry => {
    const account = pick(accounts);
    const id = nextId('submit');
    const body = { ...orderBody(account), client_order_id: id };
    const request = { method: 'POST', path: '/api/v1/trading/orders', body };
    return entryOf('submit', account, request, id, false);
  };
  const deposit = (): Entry => {
    const account = pick(accounts);
    const id = nextId('deposit');
    const amount = `${1 + roll(500)}.${10 + roll(90)}`;
    const body = { account_id: account, amount, description: id };
    const request = { method: 'POST', path: '/api/v1/ledger/deposits', body };
    return entryOf('deposit', account, request, id, true);
  };
  const cancel = (): Entry => {
    const order = someOrder();
    if (order === undefined) return submit();
    const path = `/api/v1/trading/orders/${order.orderId}?account_id=${order.account}`;
    const request = { method: 'DELETE', path, body: undefined };
    return entryOf('cancel', order.account, request, nextId('cancel'), true);
  };
  const replace = (): Entry => {
    const order = someOrder();
    if (order === undefined) return submit();
    const id = nextId('replace');
    const body = { account_id: order.account, quantity: 1 + roll(40), client_order_id: id };
    const request = { method: 'PATCH', path: `/api/v1/trading/orders/${order.orderId}`, body };
    return entryOf('replace', order.account, request, id, false);
  };
  const fill = (): Entry => {
    const account = pick(outsideAccounts);
    const id = nextId('fill');
    const symbol = pick(symbols);
    const body = {
      account_id: account,
      execution_id: id,
      symbol,
      side: pick(['buy', 'sell']),
      quantity: 1 + roll(9),
      price: anyPrice(symbol),
      executed_at: `2014-11-03T15:${10 + roll(50)}:00Z`,
    };
    const request = { method: 'POST', path: '/api/v1/ledger/fills', body };
    return entryOf('fill', account, request, id, false);
  };

  const makers = [submit, submit, submit, submit, deposit, deposit, cancel, cancel, replace, fill];

  return {
    journal: journal as readonly Entry[],
    /** Sends commands until told to stop, one at a time. */
    work: async (server: RunningServer, signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        const entry = pick(makers)();
        journal.push(entry);
        if ((await send(server, entry)) === null) return;
        await sleep(roll(6));
      }
    },
  };
};
export type Load = ReturnType<typeof createLoad>;
