import type { OpenApiDocument, Operation } from '../open-api.ts';

type Looks = { readonly [keyword: string]: unknown };

const escaped: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const html = (text: unknown): string =>
  String(text ?? '').replaceAll(/[&<>"]/g, (char) => escaped[char] ?? char);
/** Plain text in which `words` are code. */
const prose = (text: unknown): string => html(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const looksOf = (value: unknown): Looks =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A schema in one line: what a reader needs to send or expect. */
const typeOf = (schema: Looks): string => {
  if (schema['$ref'] !== undefined) return String(schema['$ref']).replace(/^.*\//, '');
  const choices = listOf(schema['anyOf'] ?? schema['oneOf']).map(looksOf);
  if (choices.length > 0) {
    return choices
      .map(typeOf)
      .filter((type) => type !== 'null')
      .join(' | ');
  }
  const words = listOf(schema['enum']);
  if (words.length > 0) return words.join(' | ');
  if (schema['const'] !== undefined) return String(schema['const']);
  if (schema['type'] === 'array') return `${typeOf(looksOf(schema['items']))}[]`;
  const name = listOf(schema['type']).join(' or ') || String(schema['type'] ?? 'any');
  return schema['format'] === undefined ? name : `${name} (${schema['format']})`;
};

const descriptionOf = (schema: Looks): unknown =>
  schema['description'] ??
  listOf(schema['anyOf'])
    .map((choice) => looksOf(choice)['description'])
    .find((text) => text !== undefined);

const fieldRow = (name: string, schema: Looks, where: string, required: boolean): string =>
  `<tr><td><code>${html(name)}</code>${required ? '<b title="required">*</b>' : ''}</td><td>${html(where)}</td><td>${html(typeOf(schema))}</td><td>${prose(descriptionOf(schema))}</td></tr>`;

const bodyRows = (body: Looks | undefined): readonly string[] => {
  const content = looksOf(looksOf(body?.['content'])['application/json']);
  const schema = looksOf(content['schema']);
  const required = new Set(listOf(schema['required']));
  return Object.entries(looksOf(schema['properties'])).map(([name, looks]) =>
    fieldRow(name, looksOf(looks), 'body', required.has(name)),
  );
};

type Parameters = OpenApiDocument['components']['parameters'];
const parameterPrefix = '#/components/parameters/';

const requestTable = ({ parameters, requestBody }: Operation, shared: Parameters): string => {
  const rows = parameters.map((given) => {
    const name = String(given['$ref'] ?? '').replace(parameterPrefix, '');
    const parameter = shared[name] ?? given;
    const schema = looksOf(parameter['schema']);
    const looks = parameter['description'] === undefined ? schema : { ...schema, ...parameter };
    const type = { ...looks, type: schema['type'] };
    const where = String(parameter['in']);
    return fieldRow(String(parameter['name']), type, where, parameter['required'] === true);
  });
  const all = [...rows, ...bodyRows(requestBody)];
  if (all.length === 0) return '';
  return `<table><thead><tr><th>Field</th><th>In</th><th>Type</th><th></th></tr></thead><tbody>${all.join('')}</tbody></table>`;
};

type Located = {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
};

const schemaName = (response: Looks): string => {
  const [content] = Object.values(looksOf(response['content']));
  const reference = looksOf(looksOf(content)['schema'])['$ref'] ?? response['$ref'];
  return String(reference ?? '').replace(/^.*\//, '');
};

const responseRows = (operation: Operation): string =>
  Object.entries(operation.responses)
    .map(([status, response]) => {
      const name = schemaName(response);
      const link = name === '' ? '' : `<a href="#schema-${html(name)}">${html(name)}</a>`;
      return `<tr><td class="s${status.charAt(0)}">${html(status)}</td><td>${link}</td><td>${prose(response['description'])}</td></tr>`;
    })
    .join('');

const operationSection = ({ path, method, operation }: Located, shared: Parameters): string => {
  const lock = operation.security.length === 0 ? '<small>open</small>' : '';
  return `<details id="${html(operation.operationId)}"><summary><b class="${html(method)}">${html(method.toUpperCase())}</b> <code>${html(path)}</code> <span>${prose(operation.summary)}</span> ${lock}</summary>
<p>${prose(operation.description)}</p>${requestTable(operation, shared)}
<table><thead><tr><th>Status</th><th>Body</th><th></th></tr></thead><tbody>${responseRows(operation)}</tbody></table></details>`;
};

const schemaSection = (name: string, schema: Looks): string => {
  const properties = Object.entries(looksOf(schema['properties']));
  const rows = properties.map(([field, looks]) => fieldRow(field, looksOf(looks), '', false));
  return `<details id="schema-${html(name)}"><summary><code>${html(name)}</code></summary><table><tbody>${rows.join('')}</tbody></table></details>`;
};

const styles = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:2rem 1rem;color:#1c2530;background:#fff}
h1{margin:0}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid #d5dbe3}code{font:.9em ui-monospace,monospace}
details{border:1px solid #d5dbe3;border-radius:6px;margin:.4rem 0;padding:.5rem .8rem}summary{cursor:pointer}summary span{color:#4a5868}
summary b{display:inline-block;min-width:4.5rem;font-size:.85em}.get{color:#0b6bcb}.post{color:#1a7f37}.patch{color:#9a6700}.delete{color:#c0362c}
table{border-collapse:collapse;width:100%;margin:.8rem 0;font-size:.92em}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-top:1px solid #e6eaef}
td b{color:#c0362c}.s2{color:#1a7f37}.s4{color:#9a6700}.s5{color:#c0362c}pre{background:#f4f6f9;padding:1rem;border-radius:6px;overflow:auto}
@media(prefers-color-scheme:dark){body{color:#dfe6ee;background:#11161d}details,h2{border-color:#303b48}td,th{border-color:#26303b}summary span{color:#9fb0c3}pre{background:#1a222c}a{color:#6cb2ff}.get{color:#6cb2ff}.post,.s2{color:#5fd07f}.patch,.s4{color:#e3b341}.delete,td b,.s5{color:#ff8a80}}`;

const example = `curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
     -d '{"symbol":"AAPL","side":"buy","type":"market","quantity":"10"}' \\
     http://127.0.0.1:PORT/api/v1/trading/orders`;

/** The OpenAPI document as one page that needs no script and asks nothing of any other host. */
export const docsPage = (document: OpenApiDocument): string => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const ofTag = operations.filter(({ operation }) => operation.tags.includes(name));
    const parts = ofTag.map((located) => operationSection(located, document.components.parameters));
    return `<h2>${html(name)}</h2>${parts.join('\n')}`;
  });
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) =>
    schemaSection(name, schema),
  );
  const title = `${html(document.info['title'])} ${html(document.info['version'])}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${styles}</style></head>
<body><h1>${title}</h1><p>${prose(document.info['description'])} <a href="/openapi.json">openapi.json</a></p>
<pre>${html(example)}</pre>
${sections.join('\n')}
<h2>Answers</h2>${schemas.join('\n')}</body></html>
`;
};
