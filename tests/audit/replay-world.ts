import { parseArgs } from 'node:util';
import type { Command } from '#api/cli/command.ts';
import { type DiffPorts, diffCommand } from '#api/cli/diff.ts';
import { rebuildCommand } from '#api/cli/rebuild.ts';
import { replayCommand } from '#api/cli/replay.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createReplayHost } from '#database/postgres/read-tables/replays.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { appendHistory, type VerifyWorld, verifyWorld } from './verify-world.ts';

export type Ran = { readonly code: number; readonly out: string; readonly told: string };

/** A ledger of some events with live read tables, and the commands that replay, rebuild and compare. */
export const replayWorld = async (log: readonly RecordedEvent[]) => {
  const world: VerifyWorld = await verifyWorld();
  const { connectionString, store } = world;
  await appendHistory(world.store, log);
  await world.project();
  const host = createReplayHost({ connectionString });
  const ports: DiffPorts = {
    withReplays: (act) => act({ host, feed: store }),
    withSnapshot: world.look,
    withBuilds: (act) => openLedgerSnapshot({ connectionString }, act),
    program: () => 'tested',
  };
  const live = createReadTableHost({ connectionString });
  const commands = {
    replay: replayCommand(ports),
    diff: diffCommand(ports),
    rebuild: rebuildCommand((act) => act({ host: live, feed: store })),
  } satisfies Record<string, Command>;
  const run = async (
    name: keyof typeof commands,
    words: readonly string[],
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Ran> => {
    const { options, run: act } = commands[name];
    const asked = parseArgs({ args: [...words], options, allowPositionals: true });
    const [out, told]: [string[], string[]] = [[], []];
    const speech = {
      out: (line: string) => void out.push(line),
      tell: (line: string) => void told.push(line),
      draw: () => {},
      isWatched: false,
    };
    const code = await act(asked, speech, signal);
    return { code, out: out.join('\n'), told: told.join('\n') };
  };
  const schemas = async (): Promise<readonly string[]> =>
    (await world.sql('SELECT schema_name FROM ledger.projection_status ORDER BY 1')).rows.map(
      ({ schema_name }) => schema_name,
    );
  return { ...world, host, live, run, schemas };
};

export type ReplayWorld = Awaited<ReturnType<typeof replayWorld>>;
