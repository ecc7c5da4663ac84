/** Writes the documents that are generated from the code: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedApiDocs } from '#api/http/generated-docs.ts';
import { outcomes, planCodes, warningCodes } from '#commands/imports/import-plan.ts';
import { eventsPage } from '#database/events-page.ts';
import { importsPage } from '#gateways/statements/imports-page.ts';

const root = join(import.meta.dirname, '..');
const pages = [
  ...generatedApiDocs(),
  ['docs/events.md', eventsPage()] as const,
  ['docs/imports.md', importsPage({ outcomes, codes: planCodes, warnings: warningCodes })] as const,
];
for (const [path, text] of pages) {
  writeFileSync(join(root, path), text);
  console.log(path);
}
