import type { LogStanding, ReadSchemaStanding } from '../ports/live-figures.ts';
import type { TargetStanding } from '../ports/seal-outbox.ts';

/** What is wrong with a log's counters, in words; nothing for a log that is whole as far as counting tells. */
export const gapsOf = ({ events, first, last, counter }: LogStanding): readonly string[] => [
  ...(events > 0 && first !== 1 ? [`The log begins with event ${first}, not with 1.`] : []),
  ...(events === last
    ? []
    : [`The log has ${events} events, its last is ${last}: ${last - events} are missing.`]),
  ...(counter === last ? [] : [`The log ends with event ${last}, its counter says ${counter}.`]),
];

/** What is wrong with a schema of read tables; being behind is not. */
export const faultsOf = (
  { schema, state, error, checkpoint }: ReadSchemaStanding,
  { last }: LogStanding,
): readonly string[] => [
  ...(state === 'stopped'
    ? [
        `The read tables ${schema} have stopped${error === null ? '' : ` at event ${error.sequence}: ${error.reason}`}.`,
      ]
    : []),
  ...(checkpoint > last
    ? [`The read tables ${schema} reflect event ${checkpoint}, the log ends with ${last}.`]
    : []),
];

const sealPattern = /^\{.*"number":(\d+),"from":(\d+),"to":(\d+),.*"sealed_at":"([^"]+)"/;

/** A seal's text on one line, with how much of the log came after it; a text that is no seal stays as it is. */
export const sealInWords = (text: string, { last }: LogStanding): string => {
  const match = sealPattern.exec(text);
  if (match === null) return text;
  const [, number, from, to, at] = match;
  const since = last - Number(to);
  return `number ${number}, events ${from} to ${to}, ${at}; ${since === 0 ? 'nothing' : `${since} events`} since`;
};

/** The number of the last seal by its text; 0 where there is none, or none that can be read. */
export const sealNumberOf = (text: string | null): number =>
  Number(sealPattern.exec(text ?? '')?.[1] ?? 0);

/** How a place that keeps seals stands, with how many of them it has not had. */
export const deliveryInWords = (target: TargetStanding, newest: number): string => {
  const { deliveredTo, deliveredAt, failure, failingSince } = target;
  const missing = Math.max(0, newest - deliveredTo);
  const had = deliveredTo === 0 ? 'none' : `up to ${deliveredTo} (${deliveredAt})`;
  const left = missing === 0 ? '' : `, ${missing} undelivered`;
  return `${had}${left}${failure === null ? '' : `; since ${failingSince}: ${failure}`}`;
};
