import { type CostRule, costRules } from '#projections/ports/rules.ts';
import { eventAt, NoSuchPast, type Point, parsePoint } from '../as-of/view.ts';
import type { LogReader } from '../ports/log-reader.ts';

/** What is to be compared: tables that rest in a schema, or the log up to a point under a rule. */
export type Side =
  | { readonly kind: 'schema'; readonly name: string }
  | { readonly kind: 'folded'; readonly point: Point | null; readonly cost: CostRule };

/** Reads `live`, a schema's name, or `@POINT[:RULE]` where POINT is a sequence, an instant or `head`. */
export const parseSide = (text: string): Side | undefined => {
  if (!text.startsWith('@')) {
    return text === '' ? undefined : { kind: 'schema', name: text };
  }
  const rule = costRules.find((one) => text.endsWith(`:${one}`));
  const place = text.slice(1, rule === undefined ? undefined : -(rule.length + 1));
  const cost = rule ?? 'average';
  if (place === 'head') return { kind: 'folded', point: null, cost };
  const point = parsePoint(place);
  if (point === undefined || (point.kind === 'sequence' && point.sequence === 0)) return undefined;
  return { kind: 'folded', point, cost };
};

/** The last event at a point: for an instant the last that was written down by then. Throws NoSuchPast. */
export const sequenceAt = async (log: LogReader, point: Point | null): Promise<number> => {
  const head = await log.head();
  if (point === null) return head;
  if (point.kind === 'sequence') {
    if (point.sequence <= head) return point.sequence;
    throw new NoSuchPast(`There is no event ${point.sequence}: the log ends at ${head}.`);
  }
  // Events are written down in the order of the log.
  let [before, after] = [0, head + 1];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if ((await eventAt(log, middle)).recordedAt <= point.at) before = middle;
    else after = middle;
  }
  if (before === 0) throw new NoSuchPast(`Nothing was written down by ${point.at}.`);
  return before;
};
