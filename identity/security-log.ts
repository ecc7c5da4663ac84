import type { IdentityStore, SecurityEvent } from './ports/identity-store.ts';

/** The server's own log. */
export type IdentityLog = {
  readonly warn: (facts: object, message: string) => void;
  readonly error: (facts: object, message: string) => void;
};

/** A line of the security log, less what most of them do not have. */
export type Entry = Pick<SecurityEvent, 'kind'> & Partial<SecurityEvent>;

/** Fills in what an entry leaves out. */
export const securityEvent = (entry: Entry, at: Date): SecurityEvent => ({
  at,
  userId: null,
  actorId: null,
  keyId: null,
  address: null,
  facts: {},
  ...entry,
});

/** How to write to the security log; where it cannot, the server's log says so and the caller fails. */
export const recordIn =
  (store: IdentityStore, now: () => number, log: IdentityLog) =>
  async (entry: Entry): Promise<void> => {
    try {
      await store.record([securityEvent(entry, new Date(now()))]);
    } catch (error) {
      log.error({ err: error, kind: entry.kind }, 'the security log cannot be written');
      throw error;
    }
  };
