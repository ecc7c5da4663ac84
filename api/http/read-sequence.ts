import { z } from 'zod';
import { HttpProblem } from './problem.ts';
import { wholeNumber } from './schemas/field.ts';
import { parsed } from './schemas/parse.ts';
import type { Services } from './services.ts';

export const minSequence = wholeNumber(0, Number.MAX_SAFE_INTEGER);
const schema = z.object({ min_sequence: minSequence });

/**
 * Waits, for a bounded time, until the read tables reflect the `min_sequence` that a query asks for.
 * Returns the sequence that whatever is read from now on reflects at least.
 */
export const readSequence = async (
  { queries, readTimeoutMs }: Services,
  asked: unknown,
): Promise<number> => {
  if (asked !== undefined) {
    const { min_sequence: sequence } = parsed(schema, { min_sequence: asked });
    const waited = await queries.waitFor(sequence, readTimeoutMs);
    if (waited !== 'reached') {
      const code = waited === 'stopped' ? 'projections_stopped' : 'read_timeout';
      throw new HttpProblem(code, { details: { min_sequence: String(sequence) } });
    }
  }
  return (await queries.status()).checkpoint;
};
