import type { EventFeed } from '#projections/ports/event-feed.ts';
import type { ReadTableHost } from '#projections/ports/read-tables.ts';
import { rebuild } from '#projections/projector.ts';
import type { Command, ExitCode } from './command.ts';
import { withProgress } from './progress-bar.ts';
import { flagOf, noPositionals } from './values.ts';

/** What the live tables are rebuilt with. */
export type RebuildTools = { readonly host: ReadTableHost; readonly feed: EventFeed };
export type WithRebuild = <T>(act: (tools: RebuildTools) => Promise<T>) => Promise<T>;

const help = `Builds the live read tables anew from the first event, beside the ones in use, while the server goes on trading and
answering; then shows the new ones in their place, in one short transaction. Nobody reads less than before, and no query
fails: the switch waits until nobody looks at the database as it was before the new tables were whole (an audit or a
report in one long transaction holds it up). The rights that you gave on the views, and views that you built on them, stay.

  --json    the result as one JSON object

Until the switch the live tables are untouched. Ctrl-C throws the new ones away; after a kill -9 the next rebuild does.
The new tables need as much room on the disk as the old ones, until the old ones are dropped.

Exit codes: 0 done, 2 could not run.

Example:
  ledger rebuild`;

/** `ledger rebuild`. */
export const rebuildCommand = (withRebuild: WithRebuild): Command => ({
  name: 'rebuild',
  summary:
    'Builds the live read tables anew from the events and switches to them without downtime.',
  usage: '[--json]',
  help,
  options: { json: { type: 'boolean' } },
  run: async (asked, speech, signal): Promise<ExitCode> => {
    noPositionals(asked);
    const begun = performance.now();
    const sequence = await withProgress(speech, signal, 'rebuild', (progress) =>
      withRebuild(({ host, feed }) =>
        rebuild({ host, feed, onProgress: (at, head) => progress(at, Math.max(at, head)) }, signal),
      ),
    );
    const seconds = Math.round(performance.now() - begun) / 1_000;
    speech.out(
      flagOf(asked, 'json')
        ? JSON.stringify({ sequence, seconds })
        : `The read tables were rebuilt up to event ${sequence} in ${seconds} s, and are shown from now on.`,
    );
    return 0;
  },
});
