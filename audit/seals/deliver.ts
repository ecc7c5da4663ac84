import type { SealOutbox } from '../ports/seal-outbox.ts';
import type { SealStore, StoredSeal } from '../ports/seal-store.ts';
import { type KeptSeal, keepSeal, keptLine } from './kept-seals.ts';
import { digestOf, parseSeal } from './seal.ts';
import { type Posted, postSeal } from './seal-http.ts';
import type { SealTarget } from './targets.ts';

/** What came of bringing a place up to date. */
export type Delivery =
  /** It has every seal up to `to`; `count` of them went there now. */
  | { readonly kind: 'delivered'; readonly to: number; readonly count: number }
  /** It holds another seal of this number, or one that the ledger does not have any more. */
  | { readonly kind: 'differs'; readonly number: number }
  | { readonly kind: 'failed'; readonly number: number; readonly why: string };

export type DeliveryPorts = { readonly seals: SealStore; readonly outbox: SealOutbox };

const withKey = async ({ outbox }: DeliveryPorts, seal: StoredSeal): Promise<KeptSeal> => {
  const fingerprint = parseSeal(seal.text)?.key;
  const publicKey = fingerprint === undefined ? undefined : await outbox.keyOf(fingerprint);
  if (publicKey !== undefined) return { seal, publicKey };
  throw new Error(`the public key of seal ${seal.number} is not known`);
};

const keep = (path: string, kept: KeptSeal): Posted => {
  const { kind } = keepSeal(path, kept);
  return { kind: kind === 'differs' ? 'differs' : 'delivered' };
};

const send = async (
  ports: DeliveryPorts,
  target: SealTarget,
  seal: StoredSeal,
  signal: AbortSignal,
): Promise<Posted> => {
  try {
    const kept = await withKey(ports, seal);
    return target.kind === 'path'
      ? keep(target.path, kept)
      : await postSeal(target, keptLine(kept), digestOf(seal), signal);
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
};

/** Seals with a number above `after`, in order. */
async function* sealsAfter(
  seals: SealStore,
  after: number,
): AsyncGenerator<StoredSeal, void, void> {
  for (let at = after; ; ) {
    const page = await seals.list(at);
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    at = last.number;
  }
}

/**
 * Brings a place what it has not had, in order, and notes each seal that arrived: what breaks off goes on there the next
 * time. `again`: the newest seal in any case, so that a copy that was lost or changed is found.
 */
export const deliverSeals = async (
  ports: DeliveryPorts,
  target: SealTarget,
  signal: AbortSignal,
  again = false,
): Promise<Delivery> => {
  const { seals, outbox } = ports;
  const had = await outbox.deliveredTo(target.name);
  const newest = (await seals.last())?.number ?? 0;
  const differs = async (number: number): Promise<Delivery> => {
    await outbox.failed(target.name, `it holds another seal ${number}`);
    return { kind: 'differs', number };
  };
  if (had > newest && !again) return differs(had);
  let count = 0;
  for await (const seal of sealsAfter(seals, again ? Math.min(had, newest - 1) : had)) {
    const sent = await send(ports, target, seal, signal);
    if (sent.kind === 'differs') return differs(seal.number);
    if (sent.kind === 'failed') {
      await outbox.failed(target.name, sent.why);
      return { kind: 'failed', number: seal.number, why: sent.why };
    }
    await outbox.delivered(target.name, seal.number);
    count += 1;
  }
  return { kind: 'delivered', to: Math.max(had, newest), count };
};
