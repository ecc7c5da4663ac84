import { z } from 'zod';

/** A problem document as it is told. */
export const problemSchema = z
  .strictObject({
    type: z.string().describe('GET it for what it means and what to do.'),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string().describe('The request id.'),
    errors: z
      .array(z.strictObject({ field: z.string(), code: z.string(), message: z.string() }))
      .optional(),
    details: z
      .record(z.string(), z.string().nullable())
      .optional()
      .describe('The numbers behind it.'),
  })
  .describe('RFC 9457. `code` is stable; texts may change.');
