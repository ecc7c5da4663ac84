import type { CellDifference } from '#audit/diff/compare.ts';
import {
  commonAccount,
  comparableTables,
  type DiffOptions,
  type DiffReport,
  diffBuilds,
  type ExplainedDifference,
  NotComparable,
} from '#audit/diff/diff.ts';
import { foldedBuild } from '#audit/diff/in-memory.ts';
import { parseSide, type Side, sequenceAt } from '#audit/diff/side.ts';
import type { Build, BuildReader } from '#audit/ports/builds.ts';
import type { LedgerSnapshot } from '#audit/ports/ledger-snapshot.ts';
import type { AccountId } from '#domain/ids.ts';
import { aligned } from './aligned.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import { type Progress, withProgress } from './progress-bar.ts';
import { buildReplay, type ReplayPorts, toldAsRefused } from './replay.ts';
import { accountIdOf, countOf, flagOf, textOf } from './values.ts';
import { textsOf } from './with-seals.ts';

type DiffSnapshot = LedgerSnapshot & { readonly builds: BuildReader };

/** What builds are compared with. `program`: the version and fingerprint of this one. */
export type DiffPorts = ReplayPorts & {
  readonly withBuilds: <T>(act: (snapshot: DiffSnapshot) => Promise<T>) => Promise<T>;
  readonly program: () => string;
};

const help = `Compares two builds of the read tables row by row and cell by cell (1.0 is 1.00), and names the event behind each difference.

A and B are each
  live              the tables that the server keeps
  SCHEMA            what \`ledger replay --into SCHEMA\` has built
  @SEQUENCE         the tables as they were after that event; they are built for the moment, one account's in memory
  @INSTANT          the same, after the last event that was written down by then
  @head             the same, for the whole log
with :RULE behind an @ for another cost rule: @head:fifo, @120000:lifo, @2026-01-05T21:00:00Z:highest.

  --table T         only this table; repeat it for several. With one account, the markets' tables are left out.
  --account ID      only this account
  --limit N         differing rows that are listed (default 20); all of them are counted
  --sequences       columns that only say where in the log a row is (sequence, changed_sequence) count too
  --json            one JSON object

The event that is named is the first at which the two part: the account is folded under both, and the row is watched.
Where that does not part them (another version of the program, or a row that was changed by hand) it is the last event
that either row reflects, and marked so.

To compare two versions of the program, replay the log with each, and then compare the two with either:
  (cd old && npm ci && DATABASE_URL=… npx ledger replay --into before)
  (cd new && npm ci && DATABASE_URL=… npx ledger replay --into after --to THE_SAME_SEQUENCE)
  ledger diff before after

Exit codes: 0 the same, 1 there are differences, 2 could not run.

Examples:
  ledger diff live @head
  ledger diff @120000 @125000 --account 00000000-0000-4000-8000-000000000001
  ledger diff @head @head:fifo --table positions --table accounts --json`;

const sideOf = (text: string): Side => {
  const side = parseSide(text);
  if (side !== undefined) return side;
  throw new UsageError(
    `${text} is nothing to compare: live, a replay's schema, or @SEQUENCE, @INSTANT or @head, with :fifo behind.`,
  );
};

type Wanted = {
  readonly names: readonly [string, string];
  readonly sides: readonly [Side, Side];
  readonly accountId: AccountId | null;
  readonly tables: readonly string[] | null;
  readonly limit: number;
  readonly withSequences: boolean;
};

const LIMIT = 20;

const wantedOf = (asked: Asked): Wanted => {
  const [a, b, ...rest] = asked.positionals;
  if (a === undefined || b === undefined || rest.length > 0) {
    throw new UsageError('Compare what? Name two: ledger diff A B');
  }
  const account = textOf(asked, 'account');
  const accountId = account === undefined ? null : accountIdOf(account);
  const tables = textsOf(asked, 'table');
  const known = comparableTables(accountId);
  const strange = tables.find((table) => !known.includes(table));
  if (strange !== undefined) {
    throw new UsageError(`There is no table ${strange} to compare; there are ${known.join(', ')}.`);
  }
  return {
    names: [a, b],
    sides: [sideOf(a), sideOf(b)],
    accountId,
    tables: tables.length === 0 ? null : tables,
    limit: countOf(asked, 'limit') ?? LIMIT,
    withSequences: flagOf(asked, 'sequences'),
  };
};

const foundBuild = async ({ builds }: DiffSnapshot, name: string): Promise<Build> => {
  const build = await builds.find(name);
  if (build !== undefined) return build;
  throw new NotComparable(
    name === 'live'
      ? 'There are no live read tables yet: start the server once.'
      : `There is no replay ${name}: ledger status lists them.`,
  );
};

type Folded = Extract<Side, { kind: 'folded' }>;

/** A side as a build, in a snapshot that began after what had to be built for the moment. */
const buildOf = async (
  snapshot: DiffSnapshot,
  name: string,
  side: Side,
  made: string | null,
  accountId: AccountId | null,
  program: string,
): Promise<Build> => {
  if (side.kind === 'schema') return foundBuild(snapshot, side.name);
  if (made !== null) return { ...(await foundBuild(snapshot, made)), name };
  if (accountId === null) throw new Error('a fold of every account is built in a schema');
  const sequence = await sequenceAt(snapshot.log, side.point);
  return foldedBuild(snapshot.log, name, { accountId, sequence, cost: side.cost, program });
};

/** Builds a side's tables in a schema of the moment. */
const build = async (
  ports: DiffPorts,
  { point, cost }: Folded,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> => {
  const to = await ports.withSnapshot(({ log }) => sequenceAt(log, point));
  const terms = { rules: { cost }, to, accountId: null };
  const { schema } = await buildReplay(
    ports,
    { schema: null, terms, replace: false },
    progress,
    signal,
  );
  return schema;
};

/** The one account that both sides have, as far as it is known before anything is built. */
const accountOf = (ports: DiffPorts, { sides, accountId }: Wanted): Promise<AccountId | null> =>
  ports.withBuilds(async (snapshot) => {
    const all = {
      facts: { accountId: null, program: null, cost: 'average', sequence: 0 },
    } as const;
    const found = await Promise.all(
      sides.map((side) => (side.kind === 'schema' ? foundBuild(snapshot, side.name) : all)),
    );
    return commonAccount(found[0] ?? all, found[1] ?? all, accountId);
  });

const compareBuilt = async (
  ports: DiffPorts,
  wanted: Wanted,
  accountId: AccountId | null,
  speech: Speech,
  signal: AbortSignal,
): Promise<DiffReport> => {
  const { limit, withSequences, names, sides } = wanted;
  const made: (string | null)[] = [];
  const dropAll = () =>
    ports.withReplays(async ({ host }) => {
      for (const schema of made) if (schema !== null) await host.drop(schema);
    });
  try {
    for (const [index, side] of sides.entries()) {
      const isBuilt = side.kind === 'folded' && accountId === null;
      made.push(
        isBuilt
          ? await withProgress(speech, signal, `build ${names[index]}`, (progress) =>
              build(ports, side, progress, signal),
            )
          : null,
      );
    }
    return await withProgress(speech, signal, 'diff', (progress) =>
      ports.withBuilds(async (snapshot) => {
        const program = ports.program();
        const a = await buildOf(snapshot, names[0], sides[0], made[0] ?? null, accountId, program);
        const b = await buildOf(snapshot, names[1], sides[1], made[1] ?? null, accountId, program);
        const options: DiffOptions = {
          tables: wanted.tables ?? comparableTables(accountId),
          accountId,
          limit,
          withSequences,
          onProgress: (rows) => progress(rows, null),
        };
        return diffBuilds(snapshot.log, a, b, options);
      }),
    );
  } finally {
    if (made.some((schema) => schema !== null)) await dropAll();
  }
};

/** Holds on to the tables of the moment where some are needed. */
const compare = async (
  ports: DiffPorts,
  wanted: Wanted,
  speech: Speech,
  signal: AbortSignal,
): Promise<DiffReport> => {
  const accountId = await accountOf(ports, wanted);
  const work = () => compareBuilt(ports, wanted, accountId, speech, signal);
  const isBuilt = accountId === null && wanted.sides.some(({ kind }) => kind === 'folded');
  return isBuilt ? ports.withReplays(({ host }) => host.keepMomentary(work)) : work();
};

const buildLine = (which: string, build: DiffReport['a']): string => {
  const program = build.program === null ? '' : `, program ${build.program}`;
  const account = build.accountId === null ? '' : `, account ${build.accountId}`;
  return `${which}  ${build.name}: event ${build.sequence}, cost rule ${build.cost}${program}${account}`;
};

const cellLine = ({ column, a, b }: CellDifference): string =>
  `    ${column}  ${a ?? 'null'}  ->  ${b ?? 'null'}`;

const inWords = {
  only_in_a: 'only in A',
  only_in_b: 'only in B',
  cells_differ: 'differs',
} as const;

const differenceLines = (one: ExplainedDifference): readonly string[] => {
  const { cause } = one;
  const because = cause?.how === 'last' ? 'last touched by' : 'since';
  return [
    `${one.table} ${Object.values(one.key).join(' ')}  ${inWords[one.kind]}`,
    ...one.cells.map(cellLine),
    ...(cause === null
      ? ['    no event of the log accounts for it']
      : [
          `    ${because} event ${cause.sequence} ${cause.type} at ${cause.effectiveAt}`,
          `      ${cause.words}`,
        ]),
  ];
};

const columns = ['table', 'rows in A', 'rows in B', 'only in A', 'only in B', 'differing'];

const inLines = (report: DiffReport): readonly string[] => {
  const { count, first } = report.differences;
  const rows = report.tables.map((one) => [
    one.table,
    String(one.rowsInA),
    String(one.rowsInB),
    String(one.onlyInA),
    String(one.onlyInB),
    String(one.differing),
  ]);
  const rest = count - first.length;
  return [
    buildLine('A', report.a),
    buildLine('B', report.b),
    '',
    ...first.flatMap(differenceLines),
    ...(rest > 0 ? [`and ${rest} more rows (--limit lists more)`] : []),
    ...(first.length > 0 ? [''] : []),
    ...aligned(columns, rows, columns.slice(1)),
    count === 0 ? 'They are the same.' : `${count} rows differ.`,
  ];
};

/** `ledger diff`. */
export const diffCommand = (ports: DiffPorts): Command => ({
  name: 'diff',
  summary: 'Compares two builds of the read tables, and names the event behind each difference.',
  usage: 'A B [--table T]... [--account ID] [--limit N] [--sequences] [--json]',
  help,
  options: {
    table: { type: 'string', multiple: true },
    account: { type: 'string' },
    limit: { type: 'string' },
    sequences: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal): Promise<ExitCode> => {
    const wanted = wantedOf(asked);
    try {
      const report = await compare(ports, wanted, speech, signal);
      if (flagOf(asked, 'json')) speech.out(JSON.stringify(report));
      else for (const line of inLines(report)) speech.out(line);
      return report.differences.count === 0 ? 0 : 1;
    } catch (error) {
      if (!(error instanceof NotComparable)) return toldAsRefused(error, speech);
      speech.tell(`ledger: ${error.message}`);
      return 2;
    }
  },
});
