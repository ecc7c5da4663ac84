import type { AccountId, Actor } from '#domain/ids.ts';
import type { Handled, Ledger } from '../ledger.ts';
import type { PlannedCommand } from './import-plan.ts';

/** Where an import ended: all booked, or stopped at a command that the account took otherwise than foreseen. */
export type Booking = {
  readonly booked: number;
  /** Somebody else has booked them since the plan was made. */
  readonly knownMeanwhile: number;
  readonly stopped: { readonly at: PlannedCommand; readonly code: string } | null;
};

/** Names an import as the actor of what it books: `import:schwab`. */
export const importActor = ({ reference }: PlannedCommand): Actor =>
  `import:${reference.slice(0, reference.indexOf(':'))}` as Actor;

const objection = (handled: Handled): string | null => {
  if (handled.kind === 'refused') return handled.refusal.code;
  for (const { data } of handled.events) {
    if (data.type === 'ReportDisputed' || data.type === 'FillDisputed') return data.because;
  }
  return null;
};

/**
 * Books what a plan says is new, one after another in its order, each durable before the next. `onBooked` hears after
 * each; what it throws ends the import there, and booking the same files again goes on.
 */
export const bookImport = async (
  ledger: Pick<Ledger, 'handle'>,
  accountId: AccountId,
  commands: readonly PlannedCommand[],
  onBooked: (count: number, total: number) => void,
): Promise<Booking> => {
  const fresh = commands.filter(({ outcome }) => outcome === 'book');
  let [booked, knownMeanwhile] = [0, 0];
  for (const planned of fresh) {
    const { command, key } = planned;
    const meta = { accountId, actor: importActor(planned), key };
    const handled = await ledger.handle(meta, command);
    const code = objection(handled);
    if (code !== null) return { booked, knownMeanwhile, stopped: { at: planned, code } };
    if (handled.repeated || handled.sequence === null) knownMeanwhile += 1;
    else booked += 1;
    onBooked(booked + knownMeanwhile, fresh.length);
  }
  return { booked, knownMeanwhile, stopped: null };
};
