import type { Pool, PoolClient } from 'pg';
import type { IdentityStore } from '#identity/ports/identity-store.ts';

/** With more than this to name, forgetting everything is cheaper than reading on. */
const NAMED_AT_MOST = 10_000;

/**
 * Says that what a user may do has changed. The last statement of its transaction: the counter stays locked until
 * the commit.
 */
export const noteChange = async (
  client: PoolClient,
  userId: string,
  keyId: string | null = null,
): Promise<void> => {
  await client.query({
    name: 'identity-note-change',
    text: `WITH head AS (UPDATE identity.change_head SET place = place + 1 RETURNING place)
           INSERT INTO identity.changes (place, user_id, key_id)
           SELECT place, $1::uuid, $2::uuid FROM head`,
    values: [userId, keyId],
  });
};

type ChangeRow = {
  readonly head: string;
  readonly user_id: string | null;
  readonly key_id: string | null;
};

/** Places have no gap, so the number of lines says whether all are still there. */
export const changesAfter =
  (pool: Pool): IdentityStore['changesAfter'] =>
  async (place) => {
    const { rows } = await pool.query<ChangeRow>({
      name: 'identity-changes-after',
      text: `SELECT head.place AS head, line.user_id, line.key_id
             FROM identity.change_head AS head
             LEFT JOIN identity.changes AS line
               ON line.place > $1::bigint AND head.place - $1::bigint <= $2::bigint`,
      values: [place, NAMED_AT_MOST],
    });
    const [first] = rows;
    if (first === undefined) throw new Error('identity.change_head has lost its row');
    const head = Number(first.head);
    const subjects = new Set<string>();
    let lines = 0;
    for (const { user_id, key_id } of rows) {
      if (user_id === null) continue;
      lines += 1;
      subjects.add(user_id);
      if (key_id !== null) subjects.add(key_id);
    }
    return { place: head, subjects: lines === head - place ? [...subjects] : ['*'] };
  };
