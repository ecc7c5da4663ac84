#!/usr/bin/env node
// Checks that an event was in an order ledger when it was sealed:
//
//   node verify-proof.mjs PROOF.json PUBLIC_KEY.pem
//
// Needs nothing but this file and Node 18 or later; it opens no connection and changes nothing. PUBLIC_KEY.pem is the
// ledger's key as you got it by a way that you trust, not with the proof.
//
// What is shown by a valid proof: who holds the private key of PUBLIC_KEY.pem has signed a Merkle root (RFC 9162,
// SHA-256) over the events `from` to `to`, and the event in the proof is, byte for byte, the one at its sequence.
// The signature does not show that the time in the seal is right, nor that the event tells the truth.
//
// Exit codes: 0 valid, 1 not valid, 2 could not check.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const LEAF_RULE =
  'UTF-8 of sequence, stream, revision, hash and body, in this order, joined by single line feeds (U+000A)';
const DIGEST = /^[0-9a-f]{64}$/;

class NotValid extends Error {}

const demand = (condition, otherwise) => {
  if (!condition) throw new NotValid(otherwise);
};
const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const isPlace = (value) => Number.isSafeInteger(value) && value > 0;
const isDigest = (value) => typeof value === 'string' && DIGEST.test(value);
const hasMembers = (value, names) =>
  typeof value === 'object' &&
  value !== null &&
  JSON.stringify(Object.keys(value).sort()) === JSON.stringify([...names].sort());

/** Step 1: the file has the members of a proof and nothing else. */
const checkForm = (proof) => {
  const members = ['format', 'leaf', 'event', 'path', 'seal', 'signature', 'publicKey'];
  demand(hasMembers(proof, members), 'it has not the members of a proof');
  demand(proof.format === 'order-ledger-proof/1', 'its format is another');
  demand(proof.leaf === LEAF_RULE, 'its rule for leaves is another');
  const { event, path } = proof;
  const parts = ['sequence', 'stream', 'revision', 'hash', 'body'];
  demand(hasMembers(event, parts), 'its event has not the members of an event');
  demand(isPlace(event.sequence) && isPlace(event.revision), 'its event has no place');
  for (const part of ['stream', 'hash', 'body']) {
    demand(typeof event[part] === 'string', `its event's ${part} is no text`);
    // One text shall stand for one event.
    demand(!event[part].includes('\n'), `its event's ${part} holds a line feed`);
  }
  demand(isDigest(event.hash), "its event's hash is none");
  demand(Array.isArray(path) && path.every(isDigest), 'its path is none');
  demand(typeof proof.seal === 'string', 'its seal is none');
  demand(typeof proof.signature === 'string', 'its signature is none');
};

/** Step 2: the seal was signed with the key you trust. Returns what the seal says. */
const checkSeal = (proof, publicKey) => {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  demand(proof.publicKey === pem, 'it names another key than the one given');
  const signature = Buffer.from(proof.signature, 'base64url');
  demand(signature.toString('base64url') === proof.signature, 'its signature is no base64url');
  const signed = verify(null, Buffer.from(proof.seal), publicKey, signature);
  demand(signed, 'its seal was not signed with the key given');
  const seal = JSON.parse(proof.seal);
  demand(seal.version === 1, 'its seal is of another version');
  demand(seal.key === sha256(der).toString('hex'), 'its seal names another key');
  demand(isPlace(seal.number) && isPlace(seal.from) && isPlace(seal.to), 'its seal has no range');
  demand(isDigest(seal.root), 'its seal has no root');
  return seal;
};

/** Step 3: the event and its path lead to the sealed root (RFC 9162, 2.1.3.2). */
const checkPath = ({ event, path }, seal) => {
  demand(event.sequence >= seal.from && event.sequence <= seal.to, 'its event is not in the range');
  const { sequence, stream, revision, hash, body } = event;
  const data = [sequence, stream, revision, hash, body].join('\n');
  let root = sha256(Buffer.of(0), data);
  let place = BigInt(sequence - seal.from);
  let last = BigInt(seal.to - seal.from);
  for (const sibling of path.map((digest) => Buffer.from(digest, 'hex'))) {
    demand(last > 0n, 'its path is too long');
    if (place % 2n === 1n || place === last) {
      root = sha256(Buffer.of(1), sibling, root);
      while (place % 2n === 0n && place !== 0n) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      root = sha256(Buffer.of(1), root, sibling);
    }
    place >>= 1n;
    last >>= 1n;
  }
  demand(last === 0n, 'its path is too short');
  demand(root.toString('hex') === seal.root, 'its event and path do not lead to the sealed root');
};

const readPublicKey = (file) => {
  const pem = readFileSync(file, 'utf8');
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw new Error(`${file} holds no public key`);
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 key`);
  return key;
};

const main = ([proofFile, keyFile, ...rest]) => {
  if (proofFile === undefined || keyFile === undefined || rest.length > 0) {
    throw new Error('usage: node verify-proof.mjs PROOF.json PUBLIC_KEY.pem');
  }
  const publicKey = readPublicKey(keyFile);
  const proof = JSON.parse(readFileSync(proofFile, 'utf8'));
  checkForm(proof);
  const seal = checkSeal(proof, publicKey);
  checkPath(proof, seal);
  const { sequence, stream, revision, body } = proof.event;
  console.log(
    `VALID: event ${sequence} (${stream}, revision ${revision}) is under seal ${seal.number},`,
  );
  console.log(
    `which covers events ${seal.from} to ${seal.to}, says ${seal.sealed_at}, key ${seal.key}.`,
  );
  console.log(body);
};

try {
  main(process.argv.slice(2));
} catch (error) {
  const isFound = error instanceof NotValid;
  console.error(isFound ? `NOT VALID: ${error.message}.` : `Could not check: ${error.message}`);
  process.exitCode = isFound ? 1 : 2;
}
