import { describeEnvelope, describeEvents } from './event-catalogue.ts';
import type { FieldDescription } from './event-kinds.ts';

const rowsOf = (fields: readonly FieldDescription[], prefix = ''): readonly string[] =>
  fields.flatMap(({ name, kind, fields: inner = [] }) => [
    `| \`${prefix}${name}\` | ${kind.replaceAll('|', '\\|')} |`,
    ...rowsOf(inner, `${prefix}${name}.`),
  ]);

const table = (fields: readonly FieldDescription[]): string =>
  ['| field | kind |', '|---|---|', ...rowsOf(fields)].join('\n');

/** The catalogue of events as Markdown: what the log can hold. */
export const eventsPage = (): string => {
  const sections = describeEvents().map(
    ({ type, version, meaning, fields }) =>
      `## ${type}\n\n${meaning} Version ${version}.\n\n${table(fields)}\n`,
  );
  return `# Events

Generated from \`database/event-catalogue.ts\` by \`npm run docs\`. Prices and quantities are decimal strings of up to nine
decimals, cash of up to eighteen; instants are UTC with microseconds. An event is stored as the exact bytes that its hash was
computed over.

## Every event

${table(describeEnvelope())}

${sections.join('\n')}`;
};
