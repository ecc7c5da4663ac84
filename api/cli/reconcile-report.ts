import type { z } from 'zod';
import type { breakAnswer, reconciliationAnswer } from '../http/answers/reconciliation.ts';
import { aligned, named } from './aligned.ts';

type Answer = z.output<typeof reconciliationAnswer>;
type Kept = z.output<typeof breakAnswer>;
type Shown = Answer['breaks'][number] | Kept;

const columns = [
  'break',
  'type',
  'symbol',
  'date',
  'age',
  'cash',
  'shares',
  'status',
  'correction',
];
const numbers = ['cash', 'shares'];

const ageInWords = ({ age_days: days, age_business_days: business }: Shown): string =>
  `${days} d (${business} business)`;

const cells = (one: Shown): readonly string[] => [
  one.break_id,
  one.type,
  one.symbol ?? '-',
  one.at.slice(0, 10),
  ageInWords(one),
  one.cash,
  one.shares,
  one.status,
  one.correction?.['kind'] ?? 'a person decides',
];

const sideInWords = (facts: Shown['ours']): string =>
  facts === null
    ? 'nothing'
    : Object.entries(facts)
        .filter(([, value]) => value !== null && value !== '')
        .map(([name, value]) => `${name}=${value}`)
        .join(' ');

const details = (one: Shown): readonly string[] => [
  '',
  `${one.break_id}  ${one.type}`,
  `    ours    ${sideInWords(one.ours)}`,
  `    theirs  ${sideInWords(one.theirs)}`,
  `    ${one.why}`,
  ...(one.correction === null ? [] : [`    ${JSON.stringify(one.correction)}`]),
  ...('reason' in one && one.reason !== null ? [`    dismissed: ${one.reason}`] : []),
];

const ends = ({ cash, positions }: Answer): readonly string[] => {
  const rows = [
    ...(cash === null ? [] : [{ what: 'cash', ...cash }]),
    ...(positions ?? []).map(({ symbol, ...balance }) => ({ what: symbol, ...balance })),
  ];
  if (rows.length === 0) return [];
  const heading = ['what', 'ours', 'theirs', 'difference', 'explained', 'unexplained'];
  const lines = rows.map((row) => [
    row.what,
    row.ours,
    row.theirs,
    row.difference,
    row.explained,
    row.unexplained,
  ]);
  return ['', ...aligned(heading, lines, heading.slice(1))];
};

const notCompared = ({ not_compared: rows }: Answer): readonly string[] =>
  rows.length === 0
    ? []
    : [
        '',
        'Not compared',
        ...rows.map(
          ({ file, row, code, message }) => `${file ?? 'row'}:${row}  ${code}  ${message}`,
        ),
      ];

const counted = (counts: Answer['counts']): string =>
  Object.entries(counts)
    .map(([type, count]) => `${count} ${type}`)
    .join(', ');

const recordedInWords = (sequence: number | null): string =>
  sequence === null ? 'nothing new' : `as event ${sequence}`;

/** No break here does not mean that none is open: others may be of other rows. */
const stillOpenInWords = (count: number): string =>
  `recorded before and still open: ${count}, ledger reconcile --list`;

/** A comparison for people: what was compared, the breaks, how far they explain the ends. */
export const reportLines = (answer: Answer, wasToRecord: boolean): readonly string[] => [
  ...named([
    ['account', answer.account_id],
    ['against', `${answer.source}, ${answer.from ?? 'nothing'} to ${answer.to ?? 'nothing'}`],
    ['compared', answer.scope === 'executions' ? 'executions alone, without fees' : 'everything'],
    ['rows', `${answer.lines} in the statement, ${answer.matched} of them agree`],
    ['ends', answer.ends_not_compared && `not compared: ${answer.ends_not_compared}`],
    ['breaks', answer.breaks.length === 0 ? 'none' : counted(answer.counts)],
    ['also', answer.still_open === 0 ? null : stillOpenInWords(answer.still_open)],
    ['recorded', wasToRecord ? recordedInWords(answer.recorded_sequence) : null],
  ]),
  ...(answer.breaks.length === 0
    ? []
    : ['', ...aligned(columns, answer.breaks.map(cells), numbers)]),
  ...ends(answer),
  ...notCompared(answer),
  ...answer.breaks.flatMap(details),
];

/** Kept breaks for people. */
export const listLines = (kept: readonly Kept[]): readonly string[] =>
  kept.length === 0
    ? ['No breaks.']
    : [...aligned(columns, kept.map(cells), numbers), ...kept.flatMap(details)];
