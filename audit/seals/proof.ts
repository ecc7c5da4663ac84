import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { LogReader } from '../ports/log-reader.ts';
import type { StoredSeal } from '../ports/seal-store.ts';
import { fingerprintOf, publicKeyOf, publicPem } from './keys.ts';
import { isOneLeaf, leafRule, leafText } from './leaf.ts';
import { leafHash, rootFrom } from './merkle.ts';
import { type RangeProgress, treeOf } from './range.ts';
import { isSignedBy, parseSeal, type Seal } from './seal.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** An inclusion proof: everything it takes to check it but the trust in the key. */
const proof = z.strictObject({
  format: z.literal('order-ledger-proof/1'),
  leaf: z.literal(leafRule),
  event: z.strictObject({
    sequence: z.int().positive(),
    stream: z.string().min(1),
    revision: z.int().positive(),
    hash: digest,
    body: z.string(),
  }),
  /** From the leaf to the root, nearest first (RFC 9162, 2.1.3). */
  path: z.array(digest),
  seal: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

export type Proof = z.infer<typeof proof>;

export type ProofVerdict =
  | { readonly valid: true; readonly event: Proof['event']; readonly seal: Seal }
  | { readonly valid: false; readonly why: string };

const invalid = (why: string): ProofVerdict => ({ valid: false, why });

const verdictOf = (given: Proof, trusted: KeyObject): ProofVerdict => {
  const seal = parseSeal(given.seal);
  if (seal === undefined) return invalid('the seal is none');
  if (seal.key !== fingerprintOf(trusted)) return invalid('the seal was made with another key');
  if (given.publicKey !== publicPem(trusted)) return invalid('the proof names another key');
  if (!isSignedBy({ text: given.seal, signature: given.signature }, trusted)) {
    return invalid('the signature is not this key’s over this seal');
  }
  const { event } = given;
  if (event.sequence < seal.from || event.sequence > seal.to) {
    return invalid(`the seal covers events ${seal.from} to ${seal.to}`);
  }
  if (!isOneLeaf(event)) return invalid('the event has line feeds where none may be');
  const root = rootFrom(
    leafHash(leafText(event)),
    event.sequence - seal.from,
    seal.to - seal.from + 1,
    given.path.map((hash) => Buffer.from(hash, 'hex')),
  );
  return root?.toString('hex') === seal.root
    ? { valid: true, event, seal }
    : invalid('the event and its path do not lead to the sealed root');
};

/** Checks what a proof file holds against a public key; without one, against the key that the file brings itself. */
export const verifyProof = (json: unknown, publicKey?: KeyObject): ProofVerdict => {
  const { data } = proof.safeParse(json);
  if (data === undefined) return invalid('it is no order-ledger-proof/1');
  try {
    return verdictOf(data, publicKey ?? publicKeyOf(data.publicKey, 'the proof'));
  } catch {
    return invalid('its key is none');
  }
};

export type Proving =
  | { readonly kind: 'proven'; readonly proof: Proof }
  | { readonly kind: 'no_event' }
  /** What the seal covers is not what was sealed any more. */
  | { readonly kind: 'log_differs' };

/** The proof that an event is under a seal; one pass over the seal's range. Throws where the key is not the seal's. */
export const proveEvent = async (
  log: LogReader,
  sequence: number,
  stored: StoredSeal,
  publicKey: KeyObject,
  progress?: RangeProgress,
): Promise<Proving> => {
  const seal = parseSeal(stored.text);
  if (seal === undefined) throw new Error(`Seal ${stored.number} cannot be read.`);
  if (seal.key !== fingerprintOf(publicKey)) {
    throw new Error(
      `Seal ${stored.number} was made with the key ${seal.key}: give its public key with --key.`,
    );
  }
  const tree = await treeOf(log, seal, {
    prove: sequence,
    ...(progress === undefined ? {} : { progress }),
  });
  if (tree.event === null) return { kind: 'no_event' };
  if (tree.root.toString('hex') !== seal.root) return { kind: 'log_differs' };
  const { stream, revision, hash, body } = tree.event;
  const made: Proof = {
    format: 'order-ledger-proof/1',
    leaf: leafRule,
    event: { sequence, stream, revision, hash, body },
    path: tree.path.map((node) => node.toString('hex')),
    seal: stored.text,
    signature: stored.signature,
    publicKey: publicPem(publicKey),
  };
  // A proof that nobody could check is worse than none.
  const verdict = verifyProof(made, publicKey);
  if (!verdict.valid) throw new Error(`The proof of event ${sequence} is no good: ${verdict.why}.`);
  return { kind: 'proven', proof: made };
};
