import { recheckSegments, type SegmentFinding } from '#audit/as-of/recheck-segments.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Command } from './command.ts';
import { accountNamed } from './past-look.ts';
import { withProgress } from './progress-bar.ts';
import { flagOf, noPositionals, textOf } from './values.ts';
import type { WithLook } from './with-look.ts';

const help = `Answers about the past start from what the server has kept of an account at earlier sequences (ledger.as_of_segments and
ledger.as_of_rows). That is a cache, which an edit would make answers wrong with. This folds each account from its first
event on, without the cache, and names every kept stretch that is not what the events make it. What is named can be
deleted (DELETE FROM ledger.as_of_segments): nothing is lost but the time of the next question.

  --account ID|NUMBER  only this account; without it every account of which something is kept
  --json               one object

Holds the rows of one account in memory at a time. What another version of the program has kept is not asked by this one,
and not checked.

Exit codes: 0 nothing was found, 1 something was, 2 it could not be done.

Examples:
  ledger verify-past
  ledger verify-past --account 00000000-0000-4000-8000-000000000001 --json | jq .findings`;

const wordsOf = ({ accountId, through, kind }: SegmentFinding): string =>
  kind === 'digest'
    ? `account ${accountId}, up to event ${through}: what is kept was edited`
    : `account ${accountId}, up to event ${through}: the events make something else of it`;

/** `ledger verify-past`: holds the kept past of accounts against the log. */
export const verifyPastCommand = (withLook: WithLook): Command => ({
  name: 'verify-past',
  summary: 'Recomputes what is kept to answer about the past, and names what differs.',
  usage: '[--account ID|NUMBER] [--json]',
  help,
  options: { account: { type: 'string' }, json: { type: 'boolean' } },
  run: async (asked, { out, ...speech }, signal) => {
    noPositionals(asked);
    const name = textOf(asked, 'account');
    const findings: SegmentFinding[] = [];
    let stretches = 0;
    const accounts = await withProgress({ out, ...speech }, signal, 'verify past', (progress) =>
      withLook(async (look) => {
        const all: readonly AccountId[] =
          name === undefined ? await look.past.keptAccounts() : [await accountNamed(look, name)];
        const onChecked = (): void => {
          stretches += 1;
          progress(stretches, null);
        };
        for (const accountId of all) {
          for await (const one of recheckSegments(look, accountId, onChecked)) findings.push(one);
        }
        return all.length;
      }),
    );
    if (flagOf(asked, 'json')) out(JSON.stringify({ accounts, stretches, findings }));
    else {
      for (const finding of findings) out(wordsOf(finding));
      const found = findings.length === 0 ? 'Nothing was found' : `Findings: ${findings.length}`;
      out(`${found}. Accounts: ${accounts}, kept stretches of their past: ${stretches}.`);
    }
    return findings.length === 0 ? 0 : 1;
  },
});
