import type { Fields, Vector } from './vector.ts';

/** A rule of somebody else that this ledger deliberately does not follow. */
export type RuleNotFollowed = {
  readonly rule: string;
  readonly reason: string;
  /** The expectations that rest on it; all others of the vector are checked. */
  readonly fields: readonly string[];
  readonly governs: (vector: Vector) => boolean;
};

const says = ({ method, tags }: Vector, words: RegExp): boolean =>
  words.test(method.toLowerCase()) || tags.some((tag) => words.test(tag.toLowerCase()));

const dayMs = 86_400_000;

const dateOf = (event: Fields): number => Date.parse(String(event['ts']).slice(0, 10));

const hasSide = (event: Fields, side: string): boolean =>
  event['type'] === 'fill' && String(event['side']).toUpperCase() === side;

/** A disposal with an acquisition on the same day or in the thirty days after it. */
const isMatchedByDate = ({ events }: Vector): boolean =>
  events
    .filter((event) => hasSide(event, 'SELL'))
    .some((sale) =>
      events.some((purchase) => {
        const days = (dateOf(purchase) - dateOf(sale)) / dayMs;
        return (
          hasSide(purchase, 'BUY') &&
          purchase['symbol'] === sale['symbol'] &&
          days >= 0 &&
          days <= 30
        );
      }),
    );

/** Recognized by what a vector says of itself, not by its name, so that unknown ones are found too. */
export const notFollowed: readonly RuleNotFollowed[] = [
  {
    rule: 'wash sales',
    reason:
      'a US tax rule (IRC 1091) that moves a loss into the basis of another lot; the ledger books what was lost when it was lost',
    fields: ['disallowed', 'deductible', 'replacement_lots'],
    governs: (vector) => says(vector, /wash/),
  },
  {
    rule: 'UK share matching',
    reason:
      'a UK tax rule (TCGA 1992 s.105, s.106A) that matches a sale with purchases of the same day or of the 30 days after it; the ledger never lets a later trade change an earlier gain',
    fields: ['gain_whole_pounds', 'avg_cost_incl_fees'],
    governs: (vector) =>
      says(vector, /same.?day|30.?day|thirty|bed.?and.?breakfast|b&b/) ||
      (says(vector, /^tax$/) && /fees in cost/.test(vector.method) && isMatchedByDate(vector)),
  },
];

/** The rule behind an expected field that we do not follow, if there is one. */
export const ruleBehind = (vector: Vector, field: string): RuleNotFollowed | undefined =>
  notFollowed.find((rule) => rule.fields.includes(field) && rule.governs(vector));
