import { z } from 'zod';
import { form } from '../answers/form.ts';
import { nextPage, securityEventAnswer, securityEventJson } from '../answers/identity.ts';
import { type Route, route } from '../route.ts';
import { identityPageOf, securityLogQuery } from '../schemas/identity.ts';

const readSecurityLog = route({
  method: 'get',
  path: '/api/v1/auth/security-log',
  name: 'readSecurityLog',
  tag: 'Users',
  summary: 'Logins, failures, keys and permissions: what happened, newest first',
  description:
    'Append-only. It holds no password, token or key. `user_id` gives what concerns one user.',
  kind: 'plain',
  scope: 'admin',
  reach: 'none',
  query: securityLogQuery,
  answers: {
    200: form(
      'SecurityLog',
      'A page of the log.',
      z.strictObject({ events: z.array(securityEventAnswer), next_cursor: nextPage }),
    ),
  },
  problems: [],
  handle: async ({ services, query }) => {
    const { user_id: userId } = query;
    const page = await services.identity.securityLog({
      ...identityPageOf(query),
      ...(userId === null ? {} : { userId }),
    });
    return {
      status: 200,
      body: { events: page.rows.map(securityEventJson), next_cursor: page.next },
    };
  },
});

export const securityLogRoutes: readonly Route[] = [readSecurityLog];
