import { type AccountId, type Actor, reconciliationStream } from '#domain/ids.ts';
import type { Handled, Ledger } from '../ledger.ts';
import { AccountContended, AccountMoved } from '../pipeline.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { ImportPlan, PlannedCommand } from './import-plan.ts';
import type { AsOf } from './knowledge.ts';

type Stop = { readonly at: PlannedCommand; readonly code: string };

/** Where an import ended: all booked, or stopped at a command that the account took otherwise than foreseen. */
export type Booking = {
  readonly booked: number;
  /** Somebody else has booked them since the plan was made. */
  readonly knownMeanwhile: number;
  readonly stopped: Stop | null;
  /** The plan as it was carried out: made anew for what was left each time that somebody else wrote. */
  readonly plan: ImportPlan;
};

export type BookingPorts = {
  readonly ledger: Pick<Ledger, 'handle'>;
  readonly store: Pick<EventStore, 'readStreamBackward'>;
  /** Plans the same files again, on the account as it is now. `inVain`: of how many plans before it nothing was booked. */
  readonly planAgain: (inVain: number) => Promise<ImportPlan>;
  /** Hears after each command; what it throws ends the import there, and booking the same files again goes on. */
  readonly onBooked: (count: number, total: number) => void;
};

/** Plans in a row of which nothing could be booked before somebody else wrote: more than this are no chance. */
const plansMax = 50;

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

/** What tells a command from the others of the same files, in whatever plan. */
const placeOf = ({ file, row, kind, reference }: PlannedCommand): string =>
  JSON.stringify([file, row, kind, reference]);

/** How far a booking has come. */
type Course = {
  plan: ImportPlan;
  asOf: AsOf;
  /** By place, what was booked by this import, as it was planned then. */
  readonly booked: Map<string, PlannedCommand>;
  /** By place, what somebody else has booked since the first plan. */
  readonly known: Set<string>;
};

const isLeft = ({ booked, known }: Course, one: PlannedCommand): boolean =>
  one.outcome === 'book' && !booked.has(placeOf(one)) && !known.has(placeOf(one));

const asEnded = ({ known }: Course, one: PlannedCommand): PlannedCommand =>
  known.has(placeOf(one))
    ? { ...one, outcome: 'known', code: null, why: 'somebody else booked it meanwhile' }
    : one;

const leftOf = (course: Course): readonly PlannedCommand[] =>
  course.plan.commands.filter((one) => isLeft(course, one));

/** Whether breaks have been recorded or decided since the plan: they say what is not to be booked. */
const areReconciledSince = async (
  { store }: BookingPorts,
  accountId: AccountId,
  { reconciliations }: AsOf,
): Promise<boolean> => {
  const stream = reconciliationStream(accountId);
  const [newest] = await store.readStreamBackward(stream, { limit: 1 });
  return (newest?.revision ?? 0) !== reconciliations;
};

/** Books what is left, each command on the account as its plan has seen it. Throws AccountMoved where somebody else wrote. */
const goOn = async (
  ports: BookingPorts,
  accountId: AccountId,
  course: Course,
): Promise<Stop | null> => {
  const left = leftOf(course);
  const total = left.length + course.booked.size + course.known.size;
  for (const planned of left) {
    if (await areReconciledSince(ports, accountId, course.asOf)) {
      throw new AccountMoved(`account ${accountId} was reconciled`);
    }
    const { account: expectedRevision } = course.asOf;
    const meta = { accountId, actor: importActor(planned), key: planned.key, expectedRevision };
    const handled = await ports.ledger.handle(meta, planned.command);
    const code = objection(handled);
    if (code !== null) return { at: planned, code };
    if (handled.repeated || handled.sequence === null) course.known.add(placeOf(planned));
    else course.booked.set(placeOf(planned), planned);
    const last = handled.kind === 'done' && !handled.repeated ? handled.events.at(-1) : undefined;
    if (last !== undefined) course.asOf = { ...course.asOf, account: last.revision };
    ports.onBooked(course.booked.size + course.known.size, total);
  }
  return null;
};

/** Goes over to a new plan for what is left. What was to be booked and now cannot be stops the import. */
const replan = (course: Course, next: ImportPlan): Stop | null => {
  const wasLeft = new Set(leftOf(course).map(placeOf));
  const stays = (one: PlannedCommand): PlannedCommand => course.booked.get(placeOf(one)) ?? one;
  const { before, warnings } = course.plan;
  course.plan = { ...next, before, warnings, commands: next.commands.map(stays) };
  course.asOf = next.asOf;
  const changed = course.plan.commands.filter((one) => wasLeft.has(placeOf(one)));
  for (const one of changed) if (one.outcome === 'known') course.known.add(placeOf(one));
  const at = changed.find(({ outcome }) => outcome === 'conflict' || outcome === 'refused');
  return at === undefined ? null : { at, code: at.code ?? at.outcome };
};

/**
 * Books what a plan says is new, one after another in its order, each durable before the next, and each only on the
 * account as the plan has seen it: where somebody else writes to it or to its reconciliations, what is left is planned
 * again. Throws AccountContended where they do so all the time.
 */
export const bookImport = async (
  ports: BookingPorts,
  accountId: AccountId,
  plan: ImportPlan,
): Promise<Booking> => {
  const course: Course = { plan, asOf: plan.asOf, booked: new Map(), known: new Set() };
  const ended = (stopped: Stop | null): Booking => {
    const { booked, known } = course;
    const commands = course.plan.commands.map((one) => asEnded(course, one));
    const carriedOut = { ...course.plan, commands };
    return { booked: booked.size, knownMeanwhile: known.size, stopped, plan: carriedOut };
  };
  let inVain = 0;
  while (inVain < plansMax) {
    const before = course.booked.size;
    try {
      return ended(await goOn(ports, accountId, course));
    } catch (error) {
      if (!(error instanceof AccountMoved)) throw error;
    }
    inVain = course.booked.size > before ? 0 : inVain + 1;
    const stopped = replan(course, await ports.planAgain(inVain));
    if (stopped !== null) return ended(stopped);
  }
  throw new AccountContended(`account ${accountId}: ${plansMax} plans in a row were outdated`);
};
