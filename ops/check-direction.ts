import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { sourceFiles } from './source-files.ts';

/** What the look at the imports found. */
export type Direction = {
  readonly modules: number;
  /** Files that exist but that the tool did not see: it then knows nothing about their imports. */
  readonly unseen: readonly string[];
  readonly violations: readonly string[];
};

/** Checks every import of every TypeScript file below `root` against `.dependency-cruiser.mjs`. */
export async function checkDirection(root: string): Promise<Direction> {
  const files = sourceFiles(root);
  const configuration = await rules(root);
  const result = await cruise(
    files,
    {
      ...configuration.options,
      ruleSet: { forbidden: configuration.forbidden ?? [] },
      validate: true,
      baseDir: root,
    },
    undefined,
    { tsConfig: extractTSConfig(join(root, 'tsconfig.json')) },
  );
  const { output } = result;
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with a text');
  return summarize(output, files);
}

async function rules(root: string): Promise<IConfiguration> {
  const module: { default: IConfiguration } = await import(
    pathToFileURL(join(root, '.dependency-cruiser.mjs')).href
  );
  return module.default;
}

function summarize(output: ICruiseResult, files: readonly string[]): Direction {
  const seen = new Set(output.modules.map(({ source }) => source));
  return {
    modules: files.filter((file) => seen.has(file)).length,
    unseen: files.filter((file) => !seen.has(file)),
    violations: output.summary.violations.map(
      ({ from, to, rule }) => `${rule.name}: ${from} → ${to}`,
    ),
  };
}

if (import.meta.main) {
  const { modules, unseen, violations } = await checkDirection(join(import.meta.dirname, '..'));
  for (const violation of violations) console.error(violation);
  for (const file of unseen) console.error(`not seen: ${file}`);
  console.log(
    `Import direction: ${modules} modules seen, ${unseen.length} not seen, ${violations.length} violations.`,
  );
  // With a TypeScript it cannot use, the tool sees nothing and finds nothing wrong.
  if (modules === 0 || unseen.length > 0 || violations.length > 0) process.exitCode = 1;
}
