import type { ClientOrderId } from '#domain/ids.ts';
import { HttpProblem } from './problem.ts';

const printable = /^[\x20-\x7e]{1,255}$/;
/** A client order id is what brokers take as one. */
const clientOrderIdMax = 128;

/** The caller's Idempotency-Key, null where none was sent. Throws `invalid_idempotency_key`. */
export const idempotencyKeyOf = (headers: readonly string[] | undefined): string | null => {
  const [header, ...others] = headers ?? [];
  if (header === undefined) return null;
  if (others.length > 0) {
    throw new HttpProblem('invalid_idempotency_key', {
      detail: 'The request has the header Idempotency-Key more than once. Send one key.',
    });
  }
  if (!printable.test(header)) throw new HttpProblem('invalid_idempotency_key');
  return header;
};

/**
 * The id an order is known by: the caller's client order id, else the Idempotency-Key, else one made
 * for it. Two that differ are a mistake of the caller's.
 */
export const orderKey = (
  clientOrderId: ClientOrderId | null,
  key: string | null,
  made: string,
): ClientOrderId => {
  if (clientOrderId !== null && key !== null && clientOrderId !== key) {
    throw new HttpProblem('idempotency_key_mismatch', {
      details: { client_order_id: clientOrderId, idempotency_key: key },
    });
  }
  if (clientOrderId === null && key !== null && key.length > clientOrderIdMax) {
    throw new HttpProblem('invalid_idempotency_key', {
      detail: `For an order it becomes the client order id, which has at most ${clientOrderIdMax} characters.`,
    });
  }
  return clientOrderId ?? ((key ?? made) as ClientOrderId);
};
