#!/usr/bin/env node
// `npx ledger`: runs ledger.ts as the npm scripts run the server, so whatever Node is there will do.
import { join } from 'node:path';

process.argv.splice(2, 0, join(import.meta.dirname, '..', 'ledger.ts'));
await import('./launch.mjs');
