import type { AppendRequest } from '#commands/ports/event-store.ts';

/** Lines of decisions of which a request was not appended. */
export type BrokenLines = {
  readonly has: (request: AppendRequest) => boolean;
  readonly add: (request: AppendRequest) => void;
};

/** Forgets a line when its caller has. */
export const createBrokenLines = (): BrokenLines => {
  const lines = new WeakSet<object>();
  return {
    has: ({ line }) => line !== undefined && lines.has(line),
    add: ({ line }) => {
      if (line !== undefined) lines.add(line);
    },
  };
};
