import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VerifySnapshot } from '#audit/ports/ledger-snapshot.ts';
import { type KeptSeals, readKeptSealsAt } from '#audit/seals/kept-seals.ts';
import { ownSealKey, publicHalf } from '#audit/seals/keys.ts';
import type { VerifyThreads } from '#audit/verify/part.ts';
import type { SavedRun } from '#audit/verify/saved-run.ts';
import { signReport } from '#audit/verify/signed-report.ts';
import { holdsRun, readRun, writeRun } from '#audit/verify/state-file.ts';
import { type VerifyOptions, verifyLedger } from '#audit/verify/verify.ts';
import type { VerifyReport } from '#audit/verify/verify-report.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { withProgress } from './progress-bar.ts';
import { accountIdOf, countOf, flagOf, noPositionals, textOf } from './values.ts';
import { verifyLines } from './verify-words.ts';
import { publicKeysOf, type SealPorts, targetsOf, textsOf } from './with-seals.ts';

/**
 * Lets `act` look at the ledger as of one moment, in several threads where the log is long, and ends that look with it.
 * An interruption does not cut it: `act` first gets to where it can be gone on with.
 */
export type WithVerifySnapshot = <T>(
  act: (snapshot: VerifySnapshot, threads: VerifyThreads | undefined) => Promise<T>,
) => Promise<T>;

export type VerifyPorts = SealPorts & { readonly withVerifySnapshot: WithVerifySnapshot };

const help = `
  --against FROM     a file of kept seals or a folder of them, as ledger seal --to wrote them, or an http(s) URL that
                     answers GET with the lines that were posted to it
  --key FILE         a public key (PEM) that seals may be signed with; several times for several keys. Without it: the
                     ledger's own, and those in the kept seals. After a change of keys the seals before it need the
                     old public key: give both, or kept seals, which bring theirs
  --state FILE       keeps every few seconds how far it got, and at the end what it came to. The file is signed with
                     the key of the seals; one that was changed is refused
  --resume           goes on from an interrupted run in --state FILE
  --since-last       goes on from a finished run without findings in --state FILE: only what came since
  --report FILE      writes the report as JSON to this file, signed with the key of the seals (ledger verify-report)
  --account ID       only this account's events and rows, at the marks of the market; no seals
  --from SEQUENCE    only the log, from this event on; the first hash of each stream is believed, and the books,
                     which need the whole log, are left out; no seals
  --json             the report as JSON

Recomputes everything from the stored events alone, in one read-only look at the database, while trading goes on:
  log     sequences and revisions without a gap, ids given once, the hash chain of every stream, columns that say
          what the bodies say, bodies that can be read, the counter and the streams' heads that writers go on from
  seals   every seal's text, place and signature, and the Merkle root over its events. Whoever cuts off the end or
          rewrites a stream with new hashes, together with seals and read tables, leaves nothing to find but against
          seals that were kept elsewhere: --against
  books   cash, shares, lots, average cost, realized P&L, excursions, fees, reservations, orders and the equity at each
          session's close, folded a second time by code that the read tables do not share
  tables  every read table against those books, row by row and cell by cell, as of the event that they have reached
  states  what commands are decided with (ledger.snapshots): status, policy, cash, shares and open orders with what they
          keep aside, each at its revision

--since-last checks the events after the earlier run with their hashes, seals and books, and of the read tables all that
these events touch, all open orders, open lots, accounts, positions and quotes. It does not look again at
  events up to the earlier run's last one, but for that one and the streams that go on from it
  rows of closed orders, their fills, closed lots and position history that no event touched since
  transactions, journal entries, splits, marks and portfolio snapshots that were made before
  rows that were added since and say that they were made before
  states of accounts without an event since
Run without it now and then.

Exit codes: 0 nothing was found, 1 something was, 2 it could not be done.

Examples:
  ledger verify --against /mnt/elsewhere/seals.jsonl --report verified.json
  ledger verify --against https://seals.example.org/order-ledger --key old.pem --key new.pem
  ledger verify --state verify.state              and, had it been interrupted: ledger verify --state verify.state --resume
  ledger verify --state verify.state --since-last
  ledger verify --account 00000000-0000-4000-8000-000000000001
  ledger verify --json | jq '.findings.first[].message'`;

const optionsOf = (asked: Asked): VerifyOptions => {
  noPositionals(asked);
  const account = textOf(asked, 'account');
  const fromSequence = countOf(asked, 'from');
  const [resumes, isOnTop] = [flagOf(asked, 'resume'), flagOf(asked, 'since-last')];
  if (resumes && isOnTop) throw new UsageError('Either --resume or --since-last.');
  const hasState = textOf(asked, 'state') !== undefined;
  if ((resumes || isOnTop) && !hasState) throw new UsageError('Go on from which --state FILE?');
  if (hasState && fromSequence !== undefined) {
    throw new UsageError('--state keeps the books too: it does not go with --from.');
  }
  if (textOf(asked, 'against') !== undefined && (account ?? fromSequence) !== undefined) {
    throw new UsageError(
      'Seals are over the whole log: --against goes with neither --account nor --from.',
    );
  }
  return {
    ...(account === undefined ? {} : { accountId: accountIdOf(account) }),
    ...(fromSequence === undefined ? {} : { fromSequence }),
  };
};

const noneKept: KeptSeals = { seals: new Map(), publicKeys: [] };

/** The run that is to be gone on with; undefined for a new one. */
const earlierRun = async (asked: Asked, ports: SealPorts): Promise<SavedRun | undefined> => {
  const file = textOf(asked, 'state');
  if (file === undefined) return undefined;
  const goesOn = flagOf(asked, 'resume') || flagOf(asked, 'since-last');
  if (!goesOn) {
    if (existsSync(file) && !(await holdsRun(file))) {
      throw new UsageError(`${file} is there and is no state of verify: it is left as it is.`);
    }
    return undefined;
  }
  if (!existsSync(file)) {
    throw new UsageError(`There is no ${file} to go on from: verify with --state alone first.`);
  }
  const run = await readRun(file, publicHalf(ownSealKey(ports.keyPlace())));
  if (flagOf(asked, 'resume') && run.head.isFinished) {
    throw new UsageError(`The run in ${file} is finished: --since-last goes on from it.`);
  }
  if (flagOf(asked, 'since-last') && !run.head.isFinished) {
    throw new UsageError(`The run in ${file} is not finished: --resume goes on with it.`);
  }
  return run;
};

/** The seals to check against, and the keys that they may be signed with. */
const keptSealsOf = async (asked: Asked, { keyPlace }: SealPorts, signal: AbortSignal) => {
  const [from] = targetsOf(asked, 'against');
  const kept = from === undefined ? noneKept : await readKeptSealsAt(from, signal);
  const own = publicKeysOf(asked, keyPlace);
  const publicKeys = textsOf(asked, 'key').length > 0 ? own : [...own, ...kept.publicKeys];
  return { kept: kept.seals, publicKeys };
};

/** Where the run goes on from, and where it keeps how far it is. */
const stateOptions = async (
  asked: Asked,
  ports: SealPorts,
): Promise<Pick<VerifyOptions, 'earlier' | 'keep'>> => {
  const file = textOf(asked, 'state');
  if (file === undefined) return {};
  const earlier = await earlierRun(asked, ports);
  const key = ownSealKey(ports.keyPlace());
  return {
    ...(earlier === undefined ? {} : { earlier }),
    keep: (records) => writeRun(file, records, key),
  };
};

const packageFile = join(import.meta.dirname, '../../package.json');

/** Name and version of this program. */
const programName = (): string => {
  const { name, version } = JSON.parse(readFileSync(packageFile, 'utf8'));
  return `${name} ${version}`;
};

const writeReport = async (file: string, report: VerifyReport, ports: SealPorts): Promise<void> => {
  const about = { program: programName(), verifiedAt: ports.now().toISOString() };
  await writeFile(file, signReport(report, about, ownSealKey(ports.keyPlace())));
};

/** `ledger verify`. */
export const verifyCommand = (ports: VerifyPorts): Command => ({
  name: 'verify',
  summary: 'Recomputes log, seals, books and read tables, and names what differs.',
  usage:
    '[--against FILE|FOLDER|URL] [--key PEM_FILE]... [--state FILE [--resume | --since-last]] [--report FILE] [--account ID] [--from SEQUENCE] [--json]',
  help,
  options: {
    account: { type: 'string' },
    from: { type: 'string' },
    against: { type: 'string' },
    key: { type: 'string', multiple: true },
    state: { type: 'string' },
    resume: { type: 'boolean' },
    'since-last': { type: 'boolean' },
    json: { type: 'boolean' },
    report: { type: 'string' },
  },
  run: async (asked, speech, signal) => {
    const asking = optionsOf(asked);
    const { kept, publicKeys } = await keptSealsOf(asked, ports, signal);
    const options = { ...asking, ...(await stateOptions(asked, ports)), signal };
    const report = await withProgress(speech, signal, 'verify', (onProgress) =>
      ports.withSeals(async ({ seals: store }) => {
        // A seal that was read before the look is under it.
        const seals = { store, last: await store.last(), kept, publicKeys };
        return ports.withVerifySnapshot((snapshot, threads) =>
          verifyLedger(snapshot, { ...options, ...(threads && { threads }), seals, onProgress }),
        );
      }),
    );
    const file = textOf(asked, 'report');
    if (file !== undefined) await writeReport(file, report, ports);
    if (flagOf(asked, 'json')) speech.out(JSON.stringify(report));
    else for (const line of verifyLines(report)) speech.out(line);
    return report.findings.count === 0 ? 0 : 1;
  },
});
