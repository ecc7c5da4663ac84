import type { z } from 'zod';
import { type FieldError, HttpProblem } from '../problem.ts';

const errorsOf = (issue: z.core.$ZodIssue): readonly FieldError[] => {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: field === '' ? key : `${field}.${key}`,
      code: 'unknown_field',
      message: 'is not a field of this request',
    }));
  }
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return [{ field, code: typeof code === 'string' ? code : 'wrong_type', message: issue.message }];
};

/** What a schema makes of a request's part. Throws `validation_failed` with every field that is wrong. */
export const parsed = <Value>(schema: z.ZodType<Value>, json: unknown): Value => {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(errorsOf);
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new HttpProblem('validation_failed', {
    detail: `${first?.field} ${first?.message}${more}`,
    errors,
  });
};
