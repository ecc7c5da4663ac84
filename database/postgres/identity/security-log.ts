import type { Pool } from 'pg';
import type { KeyId, UserId } from '#identity/ids.ts';
import type {
  IdentityStore,
  SecurityEvent,
  SecurityEventKind,
} from '#identity/ports/identity-store.ts';
import { pageOf, placeOf, serials } from './cursors.ts';

type EntryRow = {
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
  readonly user_id: string | null;
  readonly actor_id: string | null;
  readonly key_id: string | null;
  readonly address: string | null;
  readonly facts: Readonly<Record<string, string>>;
};

const columns = 'id, at, kind, user_id, actor_id, key_id, address, facts';

const toEntry = (row: EntryRow): SecurityEvent & { readonly id: string } => ({
  id: row.id,
  at: row.at,
  kind: row.kind as SecurityEventKind,
  userId: row.user_id as UserId | null,
  actorId: row.actor_id as UserId | null,
  keyId: row.key_id as KeyId | null,
  address: row.address,
  facts: row.facts,
});

/** As PostgreSQL can keep it: strangers' words must not stop an entry from being written. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

const storableFacts = (facts: SecurityEvent['facts']): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(facts).map(([name, fact]) => [storable(name), storable(fact)]),
    ),
  );

const record =
  (pool: Pool): IdentityStore['record'] =>
  async (events) => {
    if (events.length === 0) return;
    await pool.query(
      `INSERT INTO identity.security_log (at, kind, user_id, actor_id, key_id, address, facts)
       SELECT at, kind, user_id, actor_id, key_id, address, facts
       FROM unnest($1::timestamptz[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
           $7::jsonb[])
         WITH ORDINALITY AS event (at, kind, user_id, actor_id, key_id, address, facts, place)
       ORDER BY place`,
      [
        events.map((event) => event.at),
        events.map((event) => event.kind),
        events.map((event) => event.userId),
        events.map((event) => event.actorId),
        events.map((event) => event.keyId),
        events.map((event) => (event.address === null ? null : storable(event.address))),
        events.map((event) => storableFacts(event.facts)),
      ],
    );
  };

const readLog =
  (pool: Pool): IdentityStore['readLog'] =>
  async ({ cursor, limit, userId }) => {
    const { at, id } = placeOf(cursor, serials);
    const { rows } = await (userId === undefined
      ? pool.query<EntryRow>(
          `SELECT ${columns} FROM identity.security_log
           WHERE (at, id) < ($1::timestamptz, $2::bigint)
           ORDER BY at DESC, id DESC LIMIT $3`,
          [at, id, limit + 1],
        )
      : pool.query<EntryRow>(
          `SELECT ${columns} FROM identity.security_log
           WHERE user_id = $4 AND (at, id) < ($1::timestamptz, $2::bigint)
           ORDER BY at DESC, id DESC LIMIT $3`,
          [at, id, limit + 1, userId],
        ));
    return pageOf(rows, limit, toEntry, (row) => row);
  };

/** The log of who tried and did what; the database itself refuses to change it. */
export const createSecurityLog = (pool: Pool): Pick<IdentityStore, 'record' | 'readLog'> => ({
  record: record(pool),
  readLog: readLog(pool),
});
