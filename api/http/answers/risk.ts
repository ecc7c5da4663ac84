import { z } from 'zod';
import { formatCash, formatQuantity, formatRatio, type Ratio } from '#domain/money.ts';
import { reservedCash } from '#domain/order/reservation.ts';
import type { Refusal, RefusalCode } from '#domain/refusals.ts';
import type { RiskReport } from '#domain/risk/rules.ts';
import { problemKind } from '../problem.ts';
import { decimal } from './form.ts';

export const riskAnswer = z.strictObject({
  passed: z.boolean(),
  refusals: z.array(
    z.strictObject({
      code: z.string(),
      title: z.string(),
      detail: z.string(),
      details: z.record(z.string(), z.string().nullable()),
    }),
  ),
  has_buying_power: z.boolean(),
  within_position_limit: z.boolean(),
  within_leverage_limit: z.boolean(),
  risk_score: decimal.describe(
    'Value of the position after the order divided by the equity, 0 to 1.',
  ),
  metrics: z.strictObject({
    order_value: decimal,
    required_cash: decimal,
    required_quantity: decimal,
    available: decimal,
    buying_power: decimal,
    equity: decimal,
    position_before: decimal,
    position_after: decimal,
  }),
});

/** A dry run as it is told. `standing`: why the account may not trade at all. */
export const riskJson = (
  report: RiskReport,
  standing: Refusal | null,
): z.infer<typeof riskAnswer> => {
  const refusals = standing === null ? report.refusals : [standing, ...report.refusals];
  const free = (code: RefusalCode) => refusals.every((refusal) => refusal.code !== code);
  const { figures, reservation } = report;
  return {
    passed: refusals.length === 0,
    refusals: refusals.map(({ code, details }) => {
      const { title, text } = problemKind(code);
      return { code, title, detail: text, details };
    }),
    has_buying_power: free('insufficient_buying_power') && free('insufficient_quantity'),
    within_position_limit: free('position_limit_exceeded'),
    within_leverage_limit: free('leverage_limit_exceeded'),
    risk_score: formatRatio(report.riskScore as Ratio),
    metrics: {
      order_value: formatCash(report.orderNotional),
      required_cash: formatCash(reservedCash(reservation)),
      required_quantity: formatQuantity(reservation.closing),
      available: formatCash(figures.available),
      buying_power: formatCash(figures.buyingPower),
      equity: formatCash(figures.equity),
      position_before: formatQuantity(report.positionBefore),
      position_after: formatQuantity(report.positionAfter),
    },
  };
};
