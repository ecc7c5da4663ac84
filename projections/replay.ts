import type { RecordedEvent } from '#domain/recorded-event.ts';
import { runBulk } from './bulk/run.ts';
import type { BuildTerms, ReplayHost } from './ports/read-tables.ts';

export type ReplaySettings = {
  readonly host: ReplayHost;
  /** Null for tables that are for the moment. */
  readonly schema: string | null;
  readonly terms: BuildTerms;
  readonly replace: boolean;
  /** The events that the terms take in. */
  readonly pages: AsyncIterable<readonly RecordedEvent[]>;
  readonly onFolded: (sequence: number) => void;
};

/**
 * Builds read tables beside the live ones. What was begun is thrown away where it does not come to its end. Returns the
 * schema's name and the last event that it reflects. Throws ReplayRefused, ProjectionStopped, or what the database threw.
 */
export const replay = async (
  { host, schema, terms, replace, pages, onFolded }: ReplaySettings,
  signal: AbortSignal,
): Promise<{ readonly schema: string; readonly sequence: number }> => {
  const open = await host.open(schema, terms, { replace });
  let isWhole = false;
  try {
    const { rules, to } = terms;
    const upTo = to ?? 0;
    const settings = { pages, readTables: open.bulk, rules, upTo, onFolded };
    const sequence = await runBulk(settings, signal);
    signal.throwIfAborted();
    await open.finish();
    isWhole = true;
    return { schema: open.schema, sequence };
  } finally {
    if (!isWhole) await open.discard();
    await open.close();
  }
};
