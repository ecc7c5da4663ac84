import { cash, ifAny, price, shares } from './cell-texts.ts';
import { canonical } from './cells.ts';
import { policyJson, reservationJson, termsJson } from './expected-rows.ts';
import { bookOf, type NaiveAccount, reservedOf } from './naive-accounts.ts';
import { keptAside, type NaiveOrder, statusOf } from './naive-orders.ts';

/** The version of the states that can be read here; `commands/state-codec.ts` counts it. */
export const knownStateVersion = 2;

/** What a state says, as texts by their place in it, such as `holdings.ACME.quantity`. */
export type StateTexts = ReadonlyMap<string, string | null>;

/** Of a state, what is compared; what else is in it only tells retries and late reports apart. */
export const comparedState =
  'status, policy, cash, reserved cash, shares held, shares that open orders may close, and every open order with its terms and what it keeps aside';

const orderTexts = (order: NaiveOrder): Readonly<Record<string, string | null>> => ({
  clientOrderId: order.clientOrderId,
  brokerOrderId: order.brokerOrderId,
  status: statusOf(order),
  terms: canonical(termsJson(order.terms)),
  triggered: String(order.triggered),
  highWaterMark: ifAny(order.highWaterMark, price),
  trailedStopPrice: ifAny(order.trailedStopPrice, price),
  filledQuantity: shares(order.filled),
  filledNotional: cash(order.filledValue),
  bustedQuantity: shares(order.busted),
  commission: cash(order.commission),
  fillCount: String(order.fills),
  reservation: canonical(reservationJson(order.reservation)),
  replacement: ifAny(order.replacement, ({ orderId, clientOrderId, terms, reservation }) =>
    canonical({
      orderId,
      clientOrderId,
      terms: termsJson(terms),
      reservation: reservationJson(reservation),
    }),
  ),
});

const nonZero = (texts: Map<string, string | null>, place: string, value: bigint): void => {
  if (value !== 0n) texts.set(place, shares(value));
};

/** What the state of the account has to say after the events that were booked. */
export const expectedState = (account: NaiveAccount): StateTexts => {
  const texts = new Map<string, string | null>([
    ['status', account.status],
    ['policy', ifAny(account.opened?.policy, policyJson)],
    ['cash', cash(bookOf(account, 'account USD'))],
    ['reservedCash', cash(reservedOf(account))],
  ]);
  const closing = new Map<string, bigint>();
  for (const order of account.working.values()) {
    const { symbol, side } = order.terms;
    const place = `holdings.${symbol}.${side === 'sell' ? 'closingSells' : 'closingBuys'}`;
    closing.set(place, (closing.get(place) ?? 0n) + keptAside(order).shares);
    for (const [name, text] of Object.entries(orderTexts(order))) {
      texts.set(`orders.${order.orderId}.${name}`, text);
    }
  }
  for (const [place, value] of closing) nonZero(texts, place, value);
  for (const [book, amount] of account.books) {
    const [name, symbol] = book.split(' ');
    if (name !== 'account' || symbol === 'USD') continue;
    nonZero(texts, `holdings.${symbol}.quantity`, amount / 10n ** 9n);
  }
  return texts;
};

type Read = ReadonlyMap<string, unknown>;

/** Objects and maps alike as maps; `n123` is a number, `stext` a text. */
const read = (value: unknown): unknown => {
  if (typeof value === 'string') {
    return value.startsWith('n') ? BigInt(value.slice(1)) : value.slice(1);
  }
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== 'object' || value === null) return value;
  if ('map' in value && Array.isArray(value.map)) {
    return new Map(value.map.map(([key, inner]: [unknown, unknown]) => [read(key), read(inner)]));
  }
  if ('set' in value && Array.isArray(value.set)) return value.set.map(read);
  return new Map(Object.entries(value).map(([key, inner]) => [key, read(inner)]));
};

const asMap = (value: unknown): Read => (value instanceof Map ? value : new Map());
const asObject = (value: unknown): never => Object.fromEntries(asMap(value)) as never;
const big = (value: unknown): bigint => (typeof value === 'bigint' ? value : 0n);
const text = (value: unknown): string | null => (value == null ? null : String(value));

const storedOrderTexts = (order: Read): Readonly<Record<string, string | null>> => {
  const replacement = order.get('replacement');
  const next = asMap(replacement);
  return {
    clientOrderId: text(order.get('clientOrderId')),
    brokerOrderId: text(order.get('brokerOrderId')),
    status: text(order.get('status')),
    terms: canonical(termsJson(asObject(order.get('terms')))),
    triggered: text(order.get('triggered')),
    highWaterMark: ifAny(order.get('highWaterMark'), (one) => price(big(one))),
    trailedStopPrice: ifAny(order.get('trailedStopPrice'), (one) => price(big(one))),
    filledQuantity: shares(big(order.get('filledQuantity'))),
    filledNotional: cash(big(order.get('filledNotional'))),
    bustedQuantity: shares(big(order.get('bustedQuantity'))),
    commission: cash(big(order.get('commission'))),
    fillCount: text(order.get('fillCount')),
    reservation: canonical(reservationJson(asObject(order.get('reservation')))),
    replacement:
      replacement == null
        ? null
        : canonical({
            orderId: next.get('orderId'),
            clientOrderId: next.get('clientOrderId'),
            terms: termsJson(asObject(next.get('terms'))),
            reservation: reservationJson(asObject(next.get('reservation'))),
          }),
  };
};

const plainPolicy = (value: unknown): never => {
  const policy = asMap(value);
  const commission = asObject(policy.get('commission'));
  return {
    ...(asObject(value) as object),
    commission,
    limits: asObject(policy.get('limits')),
  } as never;
};

/** What a stored state says. Throws where it cannot be read. */
export const storedState = (json: string): StateTexts => {
  const state = asMap(read(JSON.parse(json)));
  const texts = new Map<string, string | null>([
    ['status', text(state.get('status'))],
    ['policy', policyJson(plainPolicy(state.get('policy')))],
    ['cash', cash(big(state.get('cash')))],
    ['reservedCash', cash(big(state.get('reservedCash')))],
  ]);
  for (const [symbol, holding] of asMap(state.get('holdings'))) {
    for (const name of ['quantity', 'closingSells', 'closingBuys']) {
      nonZero(texts, `holdings.${symbol}.${name}`, big(asMap(holding).get(name)));
    }
  }
  const orders = asMap(state.get('orders'));
  const live = state.get('liveOrders');
  for (const id of Array.isArray(live) ? live : []) {
    if (!orders.has(id)) {
      texts.set(`orders.${id}`, 'open, but not there');
      continue;
    }
    const order = asMap(orders.get(id));
    for (const [name, value] of Object.entries(storedOrderTexts(order))) {
      texts.set(`orders.${id}.${name}`, value);
    }
  }
  return texts;
};
