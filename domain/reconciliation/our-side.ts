import type { Facts } from './correction.ts';

/** The ids of what our side of a break is about: one execution or several, or the event that booked it. None where it is no booking. */
export const idsOfOurs = (ours: Facts): readonly string[] => {
  const several = ours['executionIds'];
  if (several != null) return several.split(' ');
  return [ours['executionId'] ?? ours['eventId']].filter((id) => id != null);
};
