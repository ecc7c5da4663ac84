import type { AccountId } from '#domain/ids.ts';
import type { LogReader } from '../ports/log-reader.ts';
import type { Finding, FindingSink, SavedFindings } from './finding.ts';
import type { SavedRun } from './saved-run.ts';

/** Whether a run can be gone on with by one about this account, or about all (null). Throws where it cannot. */
export const checkEarlier = (
  { head: { accountId: account, isFinished, findings } }: SavedRun,
  accountId: AccountId | null,
  fromSequence: number,
): void => {
  if (fromSequence > 1) throw new Error('An earlier run and a first sequence do not go together.');
  if (account !== accountId) {
    throw new Error(`The earlier run was about ${account ?? 'all accounts'}: ask for the same.`);
  }
  if (isFinished && findings.counts.length > 0) {
    throw new Error(
      'The earlier run has findings, so nothing can be built on it: verify from the beginning.',
    );
  }
};

/** The last event that the earlier run read has to be there still. */
export const checkBase = async (
  log: LogReader,
  { head: { at, hash } }: SavedRun,
  findings: FindingSink,
): Promise<void> => {
  if (at === 0) return;
  let actual: string | null = null;
  for await (const page of log.events({ fromSequence: at, toSequence: at })) {
    actual = page[0]?.hash ?? null;
  }
  if (actual === hash) return;
  const message = `Event ${at} is not the one that the earlier run read: what came before it was changed since.`;
  findings.add({
    kind: 'base_differs',
    sequence: at,
    column: 'hash',
    expected: hash,
    actual,
    message,
  });
};

/** Found anew by whoever goes on: seals are looked through from the first one again, and so are the read tables' places. */
const isFoundAgain = ({ kind, source }: Pick<Finding, 'kind' | 'source'>): boolean =>
  kind === 'checkpoint_beyond_log' ||
  (kind.startsWith('seal_') && (kind !== 'seal_log_differs' || source === 'kept'));

/** Of a run's findings, those that are not found again by whoever goes on with it. */
export const findingsToKeep = ({ ofLog, ofTables, counts }: SavedFindings): SavedFindings => {
  const again = ofLog.filter(isFoundAgain);
  const left = counts.map(([kind, count]) => {
    const found = again.filter((finding) => finding.kind === kind).length;
    return [kind, isFoundAgain({ kind }) ? 0 : count - found] as const;
  });
  return {
    ofLog: ofLog.filter((finding) => !isFoundAgain(finding)),
    ofTables,
    counts: left.filter(([, count]) => count > 0),
  };
};
