import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { StoredSeal } from '#audit/ports/seal-store.ts';
import { fingerprintOf, publicKeyOf } from '#audit/seals/keys.ts';
import { type Proving, proveEvent } from '#audit/seals/proof.ts';
import { parseSeal } from '#audit/seals/seal.ts';
import { sealOver } from '#audit/seals/seal-over.ts';
import type { EventId } from '#domain/ids.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { withProgress } from './progress-bar.ts';
import {
  oneArgument,
  publicKeysOf,
  type SealPorts,
  type SealTools,
  textsOf,
} from './with-seals.ts';

const help = `Writes the proof that an event is under a seal, as one JSON file: the event, its path to the sealed Merkle root, the
seal, its signature and the public key. Whoever has the public key checks it offline, with \`ledger verify-proof\` or with
the single file audit/verify-proof.mjs and plain Node.

  --out FILE    where to write it; a file that is there is not replaced
  --key FILE    the public key (PEM) of the seal, where the ledger does not know it any more
  --json        say what was done as one object

  ledger prove 1042 --out fill.proof.json
  ledger prove 0190a1b2-c3d4-7e5f-8a6b-0123456789ab --out fill.proof.json

Exit codes: 0 written; 1 the log is not what was sealed; 2 could not run (no such event, not sealed yet).`;

const sequencePattern = /^[1-9]\d{0,14}$/;
const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const sequenceOf = async ({ seals }: SealTools, name: string): Promise<number> => {
  if (sequencePattern.test(name)) return Number(name);
  if (!idPattern.test(name))
    throw new UsageError(`${name} is neither a sequence nor an event's id.`);
  const sequence = await seals.sequenceOf(name as EventId);
  if (sequence === undefined) throw new Error(`There is no event ${name}.`);
  return sequence;
};

/** The key that a seal was signed with: one that was given, the ledger's present one, or one that it remembers. */
const keyOf = async (
  { seals }: SealTools,
  stored: StoredSeal,
  known: readonly KeyObject[],
): Promise<KeyObject> => {
  const name = parseSeal(stored.text)?.key ?? '';
  const found = known.find((key) => fingerprintOf(key) === name);
  if (found !== undefined) return found;
  const pem = await seals.keyOf(name);
  if (pem !== undefined) return publicKeyOf(pem, 'ledger.seal_keys');
  throw new Error(
    `Seal ${stored.number} was made with the key ${name}: give its public key with --key.`,
  );
};

const outFileOf = (asked: Asked): string => {
  const [file] = textsOf(asked, 'out');
  if (file === undefined) throw new UsageError('Where to? Give --out FILE.');
  return file;
};

const explain = (
  kind: Exclude<Proving['kind'], 'proven'>,
  sequence: number,
  seal: number,
): string =>
  kind === 'no_event'
    ? `Event ${sequence} is under seal ${seal}, but is not in the log any more.`
    : `The log is not what seal ${seal} was put on, so nothing can be proven: run ledger verify-seals.`;

/** `ledger prove`. */
export const proveCommand = ({ withSeals, keyPlace }: SealPorts): Command => ({
  name: 'prove',
  summary: 'Writes the proof that an event is under a seal.',
  usage: 'SEQUENCE|EVENT_ID --out FILE [--key PEM_FILE] [--json]',
  help,
  options: { out: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } },
  run: async (asked, speech, signal) => {
    const name = oneArgument(asked, 'sequence or event id');
    const file = outFileOf(asked);
    const known = publicKeysOf(asked, keyPlace);
    const { sequence, stored, proving } = await withSeals(async (tools) => {
      const found = await sequenceOf(tools, name);
      const seal = await sealOver(tools.seals, found);
      if (seal === undefined) {
        throw new Error(`No seal covers event ${found} yet: run ledger seal.`);
      }
      const publicKey = await keyOf(tools, seal, known);
      const outcome = await withProgress(speech, signal, 'prove', (progress) =>
        tools.withSnapshot(({ log }) => proveEvent(log, found, seal, publicKey, progress)),
      );
      return { sequence: found, stored: seal, proving: outcome };
    });
    if (proving.kind !== 'proven') {
      speech.tell(explain(proving.kind, sequence, stored.number));
      return 1;
    }
    writeFileSync(file, `${JSON.stringify(proving.proof, null, 2)}\n`, { flag: 'wx' });
    const done = { sequence, seal: stored.number, file, key: parseSeal(stored.text)?.key };
    speech.out(
      asked.values['json'] === true
        ? JSON.stringify(done)
        : `${file} proves that event ${sequence} is under seal ${stored.number}, key ${done.key}.`,
    );
    return 0;
  },
});
