import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Delivery, deliverSeals } from '#audit/seals/deliver.ts';
import { fingerprintOf, ownSealKey, publicHalf, publicPem } from '#audit/seals/keys.ts';
import { type Sealing, sealLog } from '#audit/seals/seal-log.ts';
import type { SealTarget } from '#audit/seals/targets.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { type Progress, withProgress } from './progress-bar.ts';
import { noArguments, type SealPorts, type SealTools, targetsOf } from './with-seals.ts';

const help = `Seals the events that came since the last seal: a Merkle root over them (RFC 9162, SHA-256) and the digest of the
seal before, signed with Ed25519. Keep copies where nobody who can reach the database can: they show what is cut off
or rewritten later. The server does the same by itself (SEAL_EVERY_EVENTS, SEAL_EVERY_MINUTES, SEAL_TO).

  --to WHERE    also bring a place the seals that it has not had, in order, and the newest in any case; several times for
                several places. A file gets a line each, a folder (an end in / makes one) a file each, an http(s) URL a
                POST of that line as application/json each, with the seal's digest as Idempotency-Key. Answers: 2xx it
                is kept, 409 another seal of this number is; anything else is tried again. Redirects are not followed.
                A user and password in the URL become an Authorization header and are shown nowhere, nor are the values
                of its query.
  --show-key    print the public key that seals are checked with, and seal nothing
  --json        one object

The private key is in SEAL_KEY_FILE, or in seal-key.pem below DATA_DIRECTORY, made at first use. To change it: print the
old public key with --show-key and keep it, put the new private key in its place (openssl genpkey -algorithm ed25519),
restart the server. Each seal names its key; seals before the change are checked with the old one.

  ledger seal --to /mnt/elsewhere/seals.jsonl
  ledger seal --to https://ledger:secret@seals.example.org/order-ledger
  ledger seal --show-key > ledger-public-key.pem

Exit codes: 0 sealed, or nothing new; 1 the log, the seals or a kept copy are not as they should be; 2 could not run, or a
place could not be reached: the seal was made, and the next run with the same --to brings what is missing.`;

/** Between attempts, milliseconds. */
const waits = [500, 1_000, 2_000];

/** A delivery, tried again where nothing answers. */
const bring = async (
  { seals }: SealTools,
  target: SealTarget,
  signal: AbortSignal,
): Promise<Delivery> => {
  for (const wait of [...(target.kind === 'url' ? waits : []), null]) {
    const delivery = await deliverSeals({ seals, outbox: seals }, target, signal, true);
    if (delivery.kind !== 'failed' || wait === null) return delivery;
    await sleep(wait, undefined, { signal });
  }
  throw new Error('There is always a last attempt.');
};

const seal = async (
  { seals, withSnapshot }: SealTools,
  privateKey: KeyObject,
  now: () => Date,
  progress: Progress,
): Promise<Sealing> => {
  const last = await seals.last();
  const sealing = await withSnapshot(({ log }) => sealLog(log, last, privateKey, now, progress));
  const publicKey = publicHalf(privateKey);
  await seals.keepKey(fingerprintOf(publicKey), publicPem(publicKey));
  if (sealing.kind === 'sealed') await seals.add(sealing.seal);
  return sealing;
};

type Copy = Delivery & { readonly target: string };

const inWords = (copy: Copy): string => {
  const { target } = copy;
  switch (copy.kind) {
    case 'delivered':
      return `${target} has every seal up to ${copy.to}.`;
    case 'differs':
      return `${target} holds ANOTHER seal ${copy.number}: run ledger verify-seals --against ${target}.`;
    case 'failed':
      return `Seal ${copy.number} did not get to ${target}: ${copy.why}. Run it again.`;
  }
};

const codeOf = (copies: readonly Copy[]): ExitCode => {
  if (copies.some(({ kind }) => kind === 'differs')) return 1;
  return copies.some(({ kind }) => kind === 'failed') ? 2 : 0;
};

const say = (
  { out, tell }: Speech,
  sealing: Exclude<Sealing, { readonly kind: 'refused' }>,
  copies: readonly Copy[],
  publicKey: KeyObject,
): void => {
  out(
    sealing.kind === 'sealed' ? sealing.seal.text : `Nothing new: the log ends at ${sealing.head}.`,
  );
  for (const copy of copies) tell(inWords(copy));
  if (sealing.kind === 'sealed') tell(`Check it with\n${publicPem(publicKey).trim()}`);
};

const run = async (
  { withSeals, now }: SealPorts,
  privateKey: KeyObject,
  asked: Asked,
  speech: Speech,
  signal: AbortSignal,
): Promise<ExitCode> => {
  const targets = targetsOf(asked, 'to');
  const isJson = asked.values['json'] === true;
  const publicKey = publicHalf(privateKey);
  const { sealing, copies } = await withSeals(async (tools) => {
    const made = await withProgress(speech, signal, 'seal', (progress) =>
      seal(tools, privateKey, now, progress),
    );
    const brought: Copy[] = [];
    for (const target of made.kind === 'refused' ? [] : targets) {
      brought.push({ ...(await bring(tools, target, signal)), target: target.name });
    }
    return { sealing: made, copies: brought };
  });
  if (sealing.kind === 'refused') {
    if (isJson) speech.out(JSON.stringify(sealing));
    else speech.tell(sealing.message);
    return 1;
  }
  const key = { fingerprint: fingerprintOf(publicKey), pem: publicPem(publicKey) };
  if (isJson) speech.out(JSON.stringify({ ...sealing, copies, publicKey: key }));
  else say(speech, sealing, copies, publicKey);
  return codeOf(copies);
};

/** `ledger seal`. */
export const sealCommand = (ports: SealPorts): Command => ({
  name: 'seal',
  summary: 'Signs a seal over the events since the last one.',
  usage: '[--to FILE|FOLDER|URL]... [--show-key] [--json]',
  help,
  options: {
    to: { type: 'string', multiple: true },
    'show-key': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal) => {
    noArguments(asked);
    const privateKey = ownSealKey(ports.keyPlace());
    if (asked.values['show-key'] !== true) return run(ports, privateKey, asked, speech, signal);
    speech.out(publicPem(publicHalf(privateKey)).trim());
    return 0;
  },
});
