import { type JsonObject, Malformed } from './event-kinds.ts';

/** Turns the stored data of one version of an event into that of the next. */
export type Upcaster = (data: JsonObject) => JsonObject;

/** By event type, then by the version that is turned into the next. */
export type Upcasters = {
  readonly [type: string]: { readonly [version: number]: Upcaster } | undefined;
};

/** Every change of an event's fields since version 1. There has been none. */
export const upcasters: Upcasters = {};

/** Brings stored data up to version `current`, one step at a time; throws Malformed where a step is missing. */
export const upcast = (
  type: string,
  stored: number,
  current: number,
  data: JsonObject,
  steps: Upcasters,
): JsonObject => {
  if (stored > current) {
    throw new Malformed(`${type} has version ${stored}, this release knows ${current}`);
  }
  let upcasted = data;
  for (let version = stored; version < current; version++) {
    const step = steps[type]?.[version];
    if (step === undefined) throw new Malformed(`${type} cannot go from version ${version} on`);
    upcasted = step(upcasted);
  }
  return upcasted;
};
