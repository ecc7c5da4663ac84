import { addBusinessDays } from '#domain/market/calendar.ts';
import { dayOf } from '#domain/reconciliation/period.ts';
import type { Instant, SessionDate } from '#domain/time.ts';

export type Age = {
  readonly days: number;
  /** Weekdays; exchange holidays are not known and count. */
  readonly businessDays: number;
};

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

/** How long ago the day of `at` is; nothing where it is still to come. */
export const ageOf = (at: Instant, now: Instant): Age => {
  const [from, to] = [dayOf(at), dayOf(now)];
  if (to <= from) return { days: 0, businessDays: 0 };
  const days = (Date.parse(to) - Date.parse(from)) / dayMs;
  // Whole weeks have five each; only what is left is counted day by day.
  const weeks = Math.floor(days / 7);
  let day = new Date(Date.parse(from) + weeks * weekMs).toISOString().slice(0, 10) as SessionDate;
  let left = 0;
  for (;;) {
    day = addBusinessDays(day, 1);
    if (day > to) return { days, businessDays: weeks * 5 + left };
    left += 1;
  }
};
