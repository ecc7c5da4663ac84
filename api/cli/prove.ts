import { writeFileSync } from 'node:fs';
import type { SealStore, StoredSeal } from '#audit/ports/seal-store.ts';
import { fingerprintOf } from '#audit/seals/keys.ts';
import { type Proving, proveEvent } from '#audit/seals/proof.ts';
import { parseSeal } from '#audit/seals/seal.ts';
import { sealsUpTo } from '#audit/seals/verify-seals.ts';
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
  --key FILE    the public key (PEM) of the seal, where it is not the ledger's present one
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

const sealOver = async (store: SealStore, sequence: number): Promise<StoredSeal> => {
  for await (const stored of sealsUpTo(store, await store.last())) {
    const seal = parseSeal(stored.text);
    if (seal !== undefined && seal.from <= sequence && sequence <= seal.to) return stored;
  }
  throw new Error(`No seal covers event ${sequence} yet: run ledger seal.`);
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
  summary: 'Write the proof that an event is under a seal.',
  usage: 'SEQUENCE|EVENT_ID --out FILE [--key PEM_FILE] [--json]',
  help,
  options: { out: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } },
  run: async (asked, speech, signal) => {
    const name = oneArgument(asked, 'sequence or event id');
    const file = outFileOf(asked);
    const [publicKey] = publicKeysOf(asked, keyPlace);
    if (publicKey === undefined)
      throw new Error('There is no key yet: run ledger seal, or give --key.');
    const { sequence, stored, proving } = await withSeals(async (tools) => {
      const found = await sequenceOf(tools, name);
      const seal = await sealOver(tools.seals, found);
      const outcome = await withProgress(speech, signal, 'prove', (progress) =>
        tools.withSnapshot(({ log }) =>
          proveEvent(log, found, seal, publicKey, (at) => progress(at, null)),
        ),
      );
      return { sequence: found, stored: seal, proving: outcome };
    });
    if (proving.kind !== 'proven') {
      speech.tell(explain(proving.kind, sequence, stored.number));
      return 1;
    }
    writeFileSync(file, `${JSON.stringify(proving.proof, null, 2)}\n`, { flag: 'wx' });
    const done = { sequence, seal: stored.number, file, key: fingerprintOf(publicKey) };
    speech.out(
      asked.values['json'] === true
        ? JSON.stringify(done)
        : `${file} proves that event ${sequence} is under seal ${stored.number}, key ${done.key}.`,
    );
    return 0;
  },
});
