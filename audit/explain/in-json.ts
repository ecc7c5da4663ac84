import type { Explained, Explanation, Reference, Totaled, Unit } from './explanation.ts';
import { formatIn } from './explanation.ts';
import { inWords } from './formula.ts';

/** A line for programs: decimals as text. `lines`: how many it stands for, where it is more than one. */
export type LineJson = {
  readonly sequence: number | null;
  readonly at: string | null;
  readonly what: string;
  readonly amount: string;
  readonly total: string;
  readonly lines: number;
  readonly explained_by: {
    readonly figure: string;
    readonly symbol: string | null;
    readonly order_id: string | null;
    readonly session: string | null;
  } | null;
};

export type ExplanationJson = {
  readonly figure: string;
  readonly unit: Unit;
  readonly value: string;
  readonly formula: string | null;
  readonly lines: LineJson[];
  readonly parts: (ExplanationJson & { readonly sign: 1 | -1 })[];
};

const referenceJson = ({ figure, symbol, orderId, session }: Reference) => ({
  figure,
  symbol: symbol ?? null,
  order_id: orderId ?? null,
  session: session ?? null,
});

const lineJson = (unit: Unit, line: Totaled): LineJson => ({
  sequence: line.sequence,
  at: line.at,
  what: line.what,
  amount: formatIn(unit, line.amount),
  total: formatIn(unit, line.total),
  lines: line.count ?? 1,
  explained_by: line.see === undefined ? null : referenceJson(line.see),
});

const signOf = ({ formula }: Explanation, place: number): 1 | -1 =>
  formula.kind === 'sum' ? (formula.signs[place] ?? 1) : 1;

/** An explanation for programs: its value is its formula over its parts, and its lines added. */
export const explanationJson = (explanation: Explanation): ExplanationJson => {
  const { figure, unit, value, lines, parts } = explanation;
  return {
    figure,
    unit,
    value: formatIn(unit, value),
    formula: inWords(explanation),
    lines: lines.map((line) => lineJson(unit, line)),
    parts: parts.map((part, place) => ({
      ...explanationJson(part),
      sign: signOf(explanation, place),
    })),
  };
};

/** A figure's explanation for programs. `sequence`: the last event of the log that was looked at. */
export const explainedJson = (explained: Explained) => ({
  ...explanationJson(explained),
  summary: explained.summary,
  sequence: explained.sequence,
});
