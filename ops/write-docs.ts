/** Writes the documents that are generated from the code: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedApiDocs } from '#api/http/generated-docs.ts';
import { eventsPage } from '#database/events-page.ts';

const root = join(import.meta.dirname, '..');
for (const [path, text] of [...generatedApiDocs(), ['docs/events.md', eventsPage()] as const]) {
  writeFileSync(join(root, path), text);
  console.log(path);
}
