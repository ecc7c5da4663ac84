import { readFileSync } from 'node:fs';
import { publicKeyOf } from '#audit/seals/keys.ts';
import { checkReport } from '#audit/verify/signed-report.ts';
import type { Command } from './command.ts';
import { verifyLines } from './verify-words.ts';
import { oneArgument, textsOf } from './with-seals.ts';

const help = `Checks a report that \`ledger verify --report\` wrote, and shows it. Needs no database and no connection.

  --key FILE    the public key (PEM) of the ledger's seals, as you got it by a way you trust (ledger seal --show-key).
                Without it the key in the report is used, which shows only that the report is whole: compare its
                fingerprint yourself.
  --json        one object

The report says what was found in the ledger when it was made, not that the ledger is still so.

Examples:
  ledger verify-report verified.json --key ledger-public-key.pem
  ledger verify-report verified.json --json | jq .statement.report.findings

Exit codes: 0 valid and nothing was found, 1 not valid, or it has findings, 2 could not run.`;

/** `ledger verify-report`. */
export const verifyReportCommand = (): Command => ({
  name: 'verify-report',
  summary: 'Checks a signed report of verify offline.',
  usage: 'FILE [--key PEM_FILE] [--json]',
  help,
  options: { key: { type: 'string' }, json: { type: 'boolean' } },
  run: async (asked, speech) => {
    const file = oneArgument(asked, 'report file');
    const [keyFile] = textsOf(asked, 'key');
    const key =
      keyFile === undefined ? undefined : publicKeyOf(readFileSync(keyFile, 'utf8'), keyFile);
    const verdict = checkReport(readFileSync(file, 'utf8'), key);
    const isTrusted = key !== undefined;
    if (asked.values['json'] === true) speech.out(JSON.stringify({ ...verdict, isTrusted }));
    else if (!verdict.valid) speech.out(`NOT VALID: ${verdict.why}.`);
    else {
      const { program, verifiedAt, report } = verdict.statement;
      for (const line of verifyLines(report)) speech.out(line);
      speech.out(
        `VALID: signed with key ${verdict.key}, by ${program} at ${verifiedAt}, with event ${report.head} (${report.headHash}) as the last.`,
      );
      if (!isTrusted) {
        speech.out('The key came with the report: it says who signed only if you know it.');
      }
    }
    if (!verdict.valid) return 1;
    return verdict.statement.report.findings.count === 0 ? 0 : 1;
  },
});
