import { type KeptSeals, readKeptSealsAt } from '#audit/seals/kept-seals.ts';
import { parseSeal } from '#audit/seals/seal.ts';
import {
  type SealFinding,
  type SealReport,
  sealsUpTo,
  verifySeals,
} from '#audit/seals/verify-seals.ts';
import type { Command } from './command.ts';
import { withProgress } from './progress-bar.ts';
import { noArguments, publicKeysOf, type SealPorts, targetsOf, textsOf } from './with-seals.ts';

const help = `Recomputes every seal over the log as it is now and names what differs: the seal, and the first event as far as the
log gives it away. Who can change the database can also cut off events together with their seals, or, with the key,
seal a rewritten log anew: only a seal that was kept elsewhere shows that.

  --against FROM  a file of kept seals or a folder of them, as \`ledger seal --to\` wrote them, or an http(s) URL that
                  answers GET with the lines that were posted to it
  --key FILE      a public key (PEM) that seals may be signed with; several times for several keys. Without it: the
                  ledger's own, and those in the kept seals.
  --json          one object

  ledger verify-seals --against /mnt/elsewhere/seals.jsonl
  ledger verify-seals --against https://seals.example.org/order-ledger --key old.pem --key new.pem

After a change of keys the seals before it need the old public key: give both, or kept seals, which bring theirs.

Exit codes: 0 all is as it was sealed, 1 findings, 2 could not run.`;

const noneKept: KeptSeals = { seals: new Map(), publicKeys: [] };

const wordsOf = ({ seal, source, kind, message }: SealFinding): string =>
  `${source === 'kept' ? 'kept seal' : 'seal'} ${seal}: ${kind}: ${message}`;

const summaryOf = ({ head, seals, keptSeals, sealedTo, findingsCount }: SealReport): string => {
  const found = findingsCount === 0 ? 'All is as it was sealed' : `Findings: ${findingsCount}`;
  const unsealed = Math.max(0, head - sealedTo);
  return `${found}. Seals: ${seals}, kept elsewhere: ${keptSeals}. Events: ${head}, not sealed yet: ${unsealed}.`;
};

/** `ledger verify-seals`. */
export const verifySealsCommand = ({ withSeals, keyPlace }: SealPorts): Command => ({
  name: 'verify-seals',
  summary: 'Recomputes every seal over the log.',
  usage: '[--against FILE|FOLDER|URL] [--key PEM_FILE]... [--json]',
  help,
  options: {
    against: { type: 'string' },
    key: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal) => {
    noArguments(asked);
    const [from] = targetsOf(asked, 'against');
    const kept = from === undefined ? noneKept : await readKeptSealsAt(from, signal);
    const own = publicKeysOf(asked, keyPlace);
    const publicKeys = textsOf(asked, 'key').length > 0 ? own : [...own, ...kept.publicKeys];
    const report = await withProgress(speech, signal, 'verify seals', (progress) =>
      withSeals(async ({ seals, withSnapshot }) => {
        const last = await seals.last();
        const sealedTo = (last && parseSeal(last.text)?.to) ?? null;
        return withSnapshot(({ log }) =>
          verifySeals({
            log,
            seals: sealsUpTo(seals, last),
            kept: kept.seals,
            publicKeys,
            progress: (at) => progress(at, sealedTo),
          }),
        );
      }),
    );
    if (asked.values['json'] === true) speech.out(JSON.stringify(report));
    else {
      for (const finding of report.findings) speech.out(wordsOf(finding));
      speech.out(summaryOf(report));
    }
    return report.findingsCount === 0 ? 0 : 1;
  },
});
