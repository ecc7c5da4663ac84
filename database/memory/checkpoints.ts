import type { Checkpoints } from '#commands/ports/checkpoints.ts';

export const createMemoryCheckpoints = (): Checkpoints => {
  const places = new Map<string, number>();
  return {
    load: async (name) => places.get(name) ?? 0,
    advance: async (name, floor, ceiling) => {
      if ((places.get(name) ?? 0) !== floor) return false;
      places.set(name, ceiling);
      return true;
    },
  };
};
