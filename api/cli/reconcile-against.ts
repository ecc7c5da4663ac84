import type { StatementScope } from '#audit/reconcile/context.ts';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { Asked } from './command.ts';
import { UsageError } from './command-line.ts';
import type { ReconcilePorts } from './reconcile-ports.ts';
import { readFiles, readSymbols } from './statement-files.ts';
import { boundOf, flagOf, textOf } from './values.ts';
import { textsOf } from './with-seals.ts';

/** What the books are to be compared with. */
export type Against = {
  readonly statement: BrokerStatement;
  readonly scope: StatementScope;
  /** Whose own record it is; null for a file. */
  readonly broker: string | null;
};

const fromOf = (asked: Asked): Instant | null => {
  const bound = boundOf(asked, 'from');
  if (bound === undefined) return null;
  if ('instant' in bound) return bound.instant;
  throw new UsageError('--from needs an instant such as 2014-01-03T21:00:00Z.');
};

const ofBroker = async (
  { broker }: ReconcilePorts,
  asked: Asked,
  account: AccountId,
  now: Instant,
): Promise<Against> => {
  const source = broker();
  const statement = await source.statement(account, fromOf(asked), now);
  return { statement, scope: source.states, broker: source.name };
};

const problemsShown = 20;

/** A row that could not be read may be the very one that something of ours belongs to. */
const mustBeWhole = ({ problems }: BrokerStatement): void => {
  if (problems.length === 0) return;
  const rows = problems
    .slice(0, problemsShown)
    .map(({ file, row, code, message }) => `  ${file ?? 'row'}:${row}  ${code}  ${message}`);
  const more = problems.length - rows.length;
  const lines = [
    'Some rows cannot be read, so nothing was compared (--skip-problems leaves them out):',
    ...rows,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  throw new Error(lines.join('\n'));
};

const ofFiles = async (
  { readStatement }: ReconcilePorts,
  asked: Asked,
  paths: readonly string[],
): Promise<Against> => {
  const [files, symbols] = [await readFiles(paths), await readSymbols(textOf(asked, 'symbols'))];
  const statement = readStatement(files, { layout: textOf(asked, 'layout'), symbols });
  if (!flagOf(asked, 'skip-problems')) mustBeWhole(statement);
  return { statement, scope: 'everything', broker: null };
};

const fileOptions = ['layout', 'symbols', 'skip-problems'] as const;

/** Throws UsageError where an option would do nothing. */
const mustFit = (asked: Asked, paths: readonly string[], layouts: readonly string[]): void => {
  const isBroker = paths.includes('broker');
  if (isBroker && paths.length > 1) throw new UsageError('One at a time: broker or files?');
  const layout = textOf(asked, 'layout');
  if (layout !== undefined && !layouts.includes(layout)) {
    throw new UsageError(`--layout needs one of ${layouts.join(', ')}.`);
  }
  const given = fileOptions.filter((name) => asked.values[name] !== undefined);
  if (isBroker && given.length > 0) {
    throw new UsageError(`--${given.join(' and --')} go with --against FILE.`);
  }
  if (!isBroker && textOf(asked, 'from') !== undefined) {
    throw new UsageError('--from goes with --against broker: a file says itself what it is of.');
  }
};

/** Reads what `--against` names. Throws UsageError, or StatementUnreadable where a file is none. */
export const readAgainst = async (
  asked: Asked,
  ports: ReconcilePorts,
  account: AccountId,
  now: Instant,
): Promise<Against> => {
  const paths = textsOf(asked, 'against');
  mustFit(asked, paths, ports.layoutNames);
  return paths.includes('broker')
    ? ofBroker(ports, asked, account, now)
    : ofFiles(ports, asked, paths);
};
