/** Which part may know which: components never import each other, packages never look outwards. */
const components = ['appliance', 'agent', 'supervisor', 'provisioning']
module.exports = {
  forbidden: [
    ...components.map((name) => ({
      name: `${name}-stands-alone`,
      severity: 'error',
      from: { path: `^${name}/` },
      to: { path: `^(${components.filter((other) => other !== name).join('|')})/` },
    })),
    {
      name: 'packages-never-look-outwards',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: `^(${components.join('|')})/` },
    },
    {
      name: 'evidence-depends-on-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/evidence/src/' },
      to: { path: '^packages/(?!evidence/)' },
    },
    {
      name: 'evidence-does-no-io',
      severity: 'error',
      from: { path: '^packages/evidence/src/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'could-not-resolve',
      severity: 'error',
      from: {},
      // Optional: absent where nothing could compile it.
      to: { couldNotResolve: true, pathNot: '^pkcs11js$' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.probant|\\.tap)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
}
