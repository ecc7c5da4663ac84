import { randomFillSync } from 'node:crypto';
import type { Ids } from '#commands/ports/ids.ts';

const randomBytesPerId = 10;
const poolSize = 1024 * randomBytesPerId;

/** uuid version 7 (RFC 9562): 48 bits of milliseconds, then random bits, drawn for many ids at once. */
export const createUuids = (): Ids => {
  const pool = Buffer.alloc(poolSize);
  let used = poolSize;
  return {
    next: () => {
      if (used === poolSize) {
        randomFillSync(pool);
        used = 0;
      }
      const time = Date.now().toString(16).padStart(12, '0');
      const random = pool.toString('hex', used, used + randomBytesPerId);
      used += randomBytesPerId;
      const variant = (8 + (Number.parseInt(random.charAt(3), 16) % 4)).toString(16);
      return (
        `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-` +
        `${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
      );
    },
  };
};
