// Which room may import which: the table of the README's flow, from left to right. Run by ops/check-direction.ts.
const ports = [
  'commands/ports',
  'projections/ports',
  'identity/ports',
  'audit/ports',
  // The words the port speaks in.
  'identity/ids.ts',
  'identity/scopes.ts',
];

/** What each room may import besides itself. */
const rooms = {
  domain: [],
  commands: ['domain'],
  projections: ['domain'],
  identity: ['domain'],
  database: ['domain', ...ports],
  gateways: ['domain', ...ports],
  audit: ['domain', 'projections', ...ports],
  api: ['domain', 'commands', 'projections', 'identity', 'audit'],
};

const allRooms = Object.keys(rooms).join('|');
const tests = '(\\.test\\.ts$|^tests/|^benchmarks/)';

function roomRule([name, may]) {
  return {
    name: `${name}-may-import-${may.length === 0 ? 'nothing' : may.join('-and-').replaceAll('/', '-')}`,
    severity: 'error',
    from: { path: `^${name}/`, pathNot: tests },
    to: { path: `^(${allRooms})/`, pathNot: `^(${[name, ...may].join('|')})(/|$)` },
  };
}

export default {
  forbidden: [
    ...Object.entries(rooms).map(roomRule),
    {
      name: 'the-core-has-no-packages',
      comment: 'Clock, ids, random and I/O come in through ports.',
      severity: 'error',
      from: { path: '^(domain|commands|projections)/', pathNot: tests },
      to: { pathNot: '^(domain|commands|projections)/' },
    },
    {
      name: 'nothing-imports-the-programs',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: '^(main|ledger|sealer|verifier)\\.ts$' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'programs-run-without-dev-dependencies',
      severity: 'error',
      from: { path: `^((${allRooms})/|(main|ledger|sealer|verifier)\\.ts$)`, pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(web|data|benchmarks/results)/' },
    // Type-only imports say which room knows which, too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
