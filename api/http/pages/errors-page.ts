import { problemCatalogue } from '../problem.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The catalogue of problem codes as Markdown. */
export const errorsPage = (): string => {
  const kinds = [...problemCatalogue.values()].sort(
    (left, right) => left.status - right.status || (left.code < right.code ? -1 : 1),
  );
  const rows = kinds.map(
    ({ code, status, title, text }) => `| \`${code}\` | ${status} | ${title} | ${cell(text)} |`,
  );
  return `# Error codes

Generated from \`api/http/problem.ts\` by \`npm run docs\`. Errors are RFC 9457 problem documents; \`code\` is stable,
texts may change. \`details\` holds the numbers behind a refusal, \`errors\` names each field that is wrong.

| code | status | title | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
};
