import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { sourceFiles } from './source-files.ts';

// The linter forbids whole globals (timers, crypto, process …) in these rooms. `Date` and `Math` have pure parts
// that the core may use, so their impure ones are looked for here.
const CORE = /^(domain|commands|projections)\//;

const FORBIDDEN_MEMBERS = new Set(['Date.now', 'Math.random', 'Temporal.Now']);

/** Methods whose answer depends on the machine's time zone or language. */
const LOCAL_METHODS =
  /^(get|set)(Date|Day|FullYear|Hours|Minutes|Month|Seconds|Milliseconds|TimezoneOffset)$|^toLocale|^localeCompare$/;

/** What makes the source text of one file depend on when and where it runs, as `line: expression`. */
export function impurities(text: string): string[] {
  const file = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isImpure(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${line + 1}: ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isImpure(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    return isForbiddenMember(node);
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Intl.DateTimeFormat') {
    return !node.getText().includes('timeZone');
  }
  if (ts.isNewExpression(node)) {
    // `new Date()` is now; with several numbers it is a moment in the machine's own time zone.
    return isNamed(node.expression, 'Date') && node.arguments?.length !== 1;
  }
  if (ts.isCallExpression(node)) return isNamed(node.expression, 'Date');
  // Handing `Date` or `Math` on, or taking it apart, would hide what is called later.
  return (
    ts.isVariableDeclaration(node) &&
    node.initializer !== undefined &&
    isWholeGlobal(node.initializer)
  );
}

function isForbiddenMember(
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
): boolean {
  const member = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isStringLiteral(node.argumentExpression)
      ? node.argumentExpression.text
      : undefined;
  if (member === undefined) return isWholeGlobal(node.expression);
  return (
    FORBIDDEN_MEMBERS.has(`${node.expression.getText()}.${member}`) || LOCAL_METHODS.test(member)
  );
}

function isWholeGlobal(node: ts.Expression): boolean {
  return isNamed(node, 'Date') || isNamed(node, 'Math');
}

function isNamed(node: ts.Expression, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** Looks through the deterministic rooms below `root`; their tests may use what they like. */
export function checkDeterminism(root: string): { files: number; found: string[] } {
  const files = sourceFiles(root).filter((file) => CORE.test(file) && !file.endsWith('.test.ts'));
  const found = files.flatMap((file) =>
    impurities(readFileSync(join(root, file), 'utf8')).map((place) => `${file}:${place}`),
  );
  return { files: files.length, found };
}

if (import.meta.main) {
  const { files, found } = checkDeterminism(join(import.meta.dirname, '..'));
  for (const place of found) console.error(`depends on the machine or the moment: ${place}`);
  console.log(`Determinism: ${files} files read, ${found.length} findings.`);
  if (files === 0 || found.length > 0) process.exitCode = 1;
}
