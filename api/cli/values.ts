import { eventTypes } from '#audit/look/event-types.ts';
import type { AccountId, OrderId } from '#domain/ids.ts';
import type { EventType } from '#domain/recorded-event.ts';
import { type Instant, parseInstant } from '#domain/time.ts';
import type { Asked } from './command.ts';
import { UsageError } from './command-line.ts';

/** Readers of what was asked for: each throws UsageError where it is none. */

export const flagOf = ({ values }: Asked, name: string): boolean => values[name] === true;

export const textOf = ({ values }: Asked, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuid.test(text);

const asUuid = (text: string, what: string): string => {
  if (!isUuid(text)) throw new UsageError(`${text} is no ${what}'s id.`);
  return text.toLowerCase();
};

export const orderIdOf = (text: string): OrderId => asUuid(text, 'order') as OrderId;
export const accountIdOf = (text: string): AccountId => asUuid(text, 'account') as AccountId;

/** The one thing that a command is about. */
export const onlyPositional = ({ positionals }: Asked, what: string): string => {
  const [first, ...rest] = positionals;
  if (first === undefined) throw new UsageError(`Which ${what}?`);
  if (rest.length > 0) throw new UsageError(`One ${what} at a time: what is ${rest.join(' ')}?`);
  return first;
};

export const noPositionals = ({ positionals }: Asked): void => {
  if (positionals.length > 0) throw new UsageError(`What is ${positionals.join(' ')}?`);
};

const wholeNumber = /^\d{1,15}$/;

/** A number from 1 up. */
export const countOf = (asked: Asked, name: string): number | undefined => {
  const text = textOf(asked, name);
  if (text === undefined) return undefined;
  if (!wholeNumber.test(text) || Number(text) === 0) {
    throw new UsageError(`--${name} needs a whole number from 1 up, not ${text}.`);
  }
  return Number(text);
};

export type Bound = { readonly sequence: number } | { readonly instant: Instant };

/** A place in the log: its number, or a time. */
export const boundOf = (asked: Asked, name: string): Bound | undefined => {
  const text = textOf(asked, name);
  if (text === undefined) return undefined;
  if (wholeNumber.test(text)) return { sequence: Number(text) };
  const instant = parseInstant(text);
  if (instant !== undefined) return { instant };
  throw new UsageError(
    `--${name} needs a sequence such as 1200 or an instant such as 2014-01-03T21:00:00Z, not ${text}.`,
  );
};

/** The types that a repeatable option names, in any case of letters; undefined where it was not given. */
export const eventTypesOf = ({ values }: Asked, name: string): readonly EventType[] | undefined => {
  const given = values[name];
  if (!Array.isArray(given)) return undefined;
  return given.map((text) => {
    const type = eventTypes.find((one) => one.toLowerCase() === String(text).toLowerCase());
    if (type === undefined) {
      throw new UsageError(`There are no ${text} events; there are ${eventTypes.join(', ')}.`);
    }
    return type;
  });
};
