import {
  deliveryInWords,
  faultsOf,
  gapsOf,
  sealInWords,
  sealNumberOf,
} from '#audit/look/health.ts';
import type {
  LogStanding,
  LookSnapshot,
  ReadSchemaStanding,
  SnapshotStanding,
} from '#audit/ports/live-figures.ts';
import type { TargetStanding } from '#audit/ports/seal-outbox.ts';
import { type Instant, toMilliseconds } from '#domain/time.ts';
import { aligned, named } from './aligned.ts';
import type { Command, ExitCode } from './command.ts';
import { flagOf, noPositionals } from './values.ts';
import type { WithLook } from './with-look.ts';

const help = `
  --json    one JSON object: log, read_tables, snapshots, last_seal (its text), seals_to (where the
            server brings seals, and how many a place has not had), findings

The log is counted: it has no gap if it begins with 1 and has as many events as its last one says. That does not
show whether an event was changed: \`ledger verify\` does.

Exit codes: 0 fine, 1 there is a gap or the read tables have stopped, 2 it could not be done.

Examples:
  ledger status
  ledger status --json | jq .read_tables[0].lag_events`;

type Standing = {
  readonly log: LogStanding;
  readonly readSchemas: readonly ReadSchemaStanding[];
  readonly snapshots: SnapshotStanding;
  readonly lastSeal: string | null;
  /** Where the server brings seals by itself. */
  readonly sealsTo: readonly TargetStanding[];
};

const read = async ({ live }: LookSnapshot): Promise<Standing> => ({
  log: await live.log(),
  readSchemas: await live.readSchemas(),
  snapshots: await live.snapshots(),
  lastSeal: await live.lastSeal(),
  sealsTo: (await live.sealTargets()).filter(({ automatic }) => automatic),
});

const findingsOf = ({ log, readSchemas }: Standing): readonly string[] => [
  ...gapsOf(log),
  ...readSchemas.flatMap((schema) => faultsOf(schema, log)),
];

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;
/** How long ago, in the largest unit that fits. */
const age = (at: Instant, now: number): string => {
  const seconds = Math.max(0, Math.floor((now - toMilliseconds(at)) / 1_000));
  const [unit, size] = units.find(([, most]) => seconds >= most) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
};

const columns = ['read tables', 'version', 'live', 'state', 'checkpoint', 'lag', 'waiting for'];
const schemaCells =
  ({ last }: LogStanding, now: number) =>
  (row: ReadSchemaStanding): readonly string[] => [
    row.schema,
    String(row.version),
    row.live ? 'yes' : 'no',
    row.state,
    String(row.checkpoint),
    // A replay stays where it is.
    row.name === 'replay' ? '-' : String(last - row.checkpoint),
    row.name === 'replay' || row.waitingSince === null ? '-' : age(row.waitingSince, now),
  ];

const inLines = (standing: Standing, now: number): readonly string[] => {
  const { log, readSchemas, snapshots, lastSeal, sealsTo } = standing;
  const gaps = gapsOf(log);
  return [
    ...named([
      ['head', String(log.last)],
      ['events', String(log.events)],
      ['streams', String(log.streams)],
      ['gaps', gaps.length === 0 ? 'none' : gaps.join(' ')],
      ['first recorded', log.firstRecordedAt],
      [
        'last recorded',
        log.lastRecordedAt === null
          ? null
          : `${log.lastRecordedAt} (${age(log.lastRecordedAt, now)} ago)`,
      ],
      [
        'snapshots',
        snapshots.newestAt === null || snapshots.oldestAt === null
          ? 'none'
          : `${snapshots.count}, newest ${age(snapshots.newestAt, now)} old, oldest ${age(snapshots.oldestAt, now)}`,
      ],
      ['last seal', lastSeal === null ? 'none' : sealInWords(lastSeal, log)],
      ...sealsTo.map((to) => {
        const words = `${to.target}: ${deliveryInWords(to, sealNumberOf(lastSeal))}`;
        return ['seals to', words] as const;
      }),
    ]),
    '',
    ...(readSchemas.length === 0
      ? ['There are no read tables yet.']
      : aligned(columns, readSchemas.map(schemaCells(log, now)), ['version', 'checkpoint', 'lag'])),
  ];
};

const asJson = (standing: Standing): string => {
  const { log, readSchemas, snapshots, lastSeal, sealsTo } = standing;
  return JSON.stringify({
    log: {
      head: log.last,
      events: log.events,
      first: log.first,
      counter: log.counter,
      streams: log.streams,
      first_recorded_at: log.firstRecordedAt,
      last_recorded_at: log.lastRecordedAt,
      gaps: gapsOf(log),
    },
    read_tables: readSchemas.map((row) => ({
      schema: row.schema,
      projection_set: row.name,
      version: row.version,
      live: row.live,
      state: row.state,
      checkpoint: row.checkpoint,
      lag_events: log.last - row.checkpoint,
      waiting_since: row.waitingSince,
      applied_at: row.appliedAt,
      error: row.error,
    })),
    snapshots: {
      count: snapshots.count,
      oldest_at: snapshots.oldestAt,
      newest_at: snapshots.newestAt,
    },
    last_seal: lastSeal,
    seals_to: sealsTo.map(({ target, deliveredTo, deliveredAt, failure, failingSince }) => ({
      target,
      delivered_to: deliveredTo,
      delivered_at: deliveredAt,
      undelivered: Math.max(0, sealNumberOf(lastSeal) - deliveredTo),
      failure,
      failing_since: failingSince,
    })),
    findings: findingsOf(standing),
  });
};

/** `ledger status`: how far everything is, and whether anything is missing. */
export const statusCommand = (withLook: WithLook, now: () => number): Command => ({
  name: 'status',
  summary: 'Shows how far the log and the read tables are, and whether anything is missing.',
  usage: '[--json]',
  help,
  options: { json: { type: 'boolean' } },
  run: async (asked, { out, tell }): Promise<ExitCode> => {
    noPositionals(asked);
    const standing = await withLook(read);
    if (flagOf(asked, 'json')) out(asJson(standing));
    else for (const line of inLines(standing, now())) out(line);
    const findings = findingsOf(standing);
    for (const finding of findings) tell(`ledger: ${finding}`);
    return findings.length === 0 ? 0 : 1;
  },
});
