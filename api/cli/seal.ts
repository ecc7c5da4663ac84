import type { KeyObject } from 'node:crypto';
import type { StoredSeal } from '#audit/ports/seal-store.ts';
import { type Keeping, keepSeal } from '#audit/seals/kept-seals.ts';
import { fingerprintOf, ownSealKey, publicHalf, publicPem } from '#audit/seals/keys.ts';
import { parseSeal } from '#audit/seals/seal.ts';
import { type Sealing, sealLog } from '#audit/seals/seal-log.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { withProgress } from './progress-bar.ts';
import { noArguments, type SealPorts, textsOf } from './with-seals.ts';

const help = `Seals the events that came since the last seal: a Merkle root over them (RFC 9162, SHA-256) and the digest of the
seal before, signed with Ed25519. Keep copies where nobody who can reach the database can: they show what is cut off
or rewritten later.

  --to PATH     also keep a copy of the newest seal: at the end of a file, or as a file of its own in a folder
  --show-key    print the public key that seals are checked with, and seal nothing
  --json        one object

The private key is in SEAL_KEY_FILE, or in seal-key.pem below DATA_DIRECTORY, made at first use.

  ledger seal --to /mnt/elsewhere/seals.jsonl
  ledger seal --show-key > ledger-public-key.pem

Exit codes: 0 sealed, or nothing new; 1 the log or the seals are not as they should be; 2 could not run.`;

const wordsOf: { readonly [Kind in Keeping['kind']]: (path: string, number: number) => string } = {
  kept: (path, number) => `A copy of seal ${number} is in ${path}.`,
  there_already: (path, number) => `${path} has seal ${number} already.`,
  differs: (path, number) =>
    `${path} holds ANOTHER seal ${number}: run ledger verify-seals --against ${path}.`,
};

type Outcome = {
  readonly sealing: Exclude<Sealing, { readonly kind: 'refused' }>;
  readonly newest: StoredSeal | undefined;
  readonly copy: Keeping['kind'] | null;
};

const seal = async (
  { withSeals, now }: SealPorts,
  privateKey: KeyObject,
  progress: (at: number) => void,
): Promise<{ readonly sealing: Sealing; readonly newest: StoredSeal | undefined }> =>
  withSeals(async ({ seals, withSnapshot }) => {
    const last = await seals.last();
    const sealing = await withSnapshot(({ log }) => sealLog(log, last, privateKey, now, progress));
    if (sealing.kind !== 'sealed') return { sealing, newest: last };
    await seals.add(sealing.seal);
    return { sealing, newest: sealing.seal };
  });

/** Copies what was sealed with this key; a seal of an older key is not given the wrong one. */
const copyOf = (path: string | undefined, newest: StoredSeal | undefined, publicKey: KeyObject) => {
  if (path === undefined || newest === undefined) return null;
  if (parseSeal(newest.text)?.key === fingerprintOf(publicKey)) {
    return keepSeal(path, newest, publicKey).kind;
  }
  throw new Error(`Seal ${newest.number} was made with another key; no copy of it was kept.`);
};

const say = (
  { out, tell }: Speech,
  { sealing, newest, copy }: Outcome,
  path: string,
  publicKey: KeyObject,
): void => {
  out(
    sealing.kind === 'sealed' ? sealing.seal.text : `Nothing new: the log ends at ${sealing.head}.`,
  );
  if (copy !== null && newest !== undefined) tell(wordsOf[copy](path, newest.number));
  if (sealing.kind === 'sealed') tell(`Check it with\n${publicPem(publicKey).trim()}`);
};

const run = async (
  ports: SealPorts,
  privateKey: KeyObject,
  asked: Asked,
  speech: Speech,
  signal: AbortSignal,
): Promise<ExitCode> => {
  const [path] = textsOf(asked, 'to');
  const isJson = asked.values['json'] === true;
  const publicKey = publicHalf(privateKey);
  const { sealing, newest } = await withProgress(speech, signal, 'seal', (progress) =>
    seal(ports, privateKey, (at) => progress(at, null)),
  );
  if (sealing.kind === 'refused') {
    if (isJson) speech.out(JSON.stringify(sealing));
    else speech.tell(sealing.message);
    return 1;
  }
  const copy = copyOf(path, newest, publicKey);
  const key = { fingerprint: fingerprintOf(publicKey), pem: publicPem(publicKey) };
  if (isJson) speech.out(JSON.stringify({ ...sealing, copy, publicKey: key }));
  else say(speech, { sealing, newest, copy }, path ?? '', publicKey);
  return copy === 'differs' ? 1 : 0;
};

/** `ledger seal`. */
export const sealCommand = (ports: SealPorts): Command => ({
  name: 'seal',
  summary: 'Sign a seal over the events since the last one.',
  usage: '[--to FILE_OR_FOLDER] [--show-key] [--json]',
  help,
  options: {
    to: { type: 'string' },
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
