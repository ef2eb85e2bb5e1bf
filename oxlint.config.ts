import { defineConfig, type OxlintOverride } from 'oxlint'

/**
 * The layers of `src`, lowest first (ARCHITECTURE.md shows the picture). A file may import from its own folder and from
 * the folders listed; nothing else. Features (receiver, poller, query, health) never see each other.
 */
const mayImport: Record<string, string[]> = {
  domain: [],
  observability: [],
  runtime: [],
  secrets: ['domain'],
  config: ['domain', 'secrets'],
  store: ['domain', 'observability'],
  seam: ['domain', 'observability'],
  http: ['domain', 'observability'],
  ingest: ['domain', 'observability', 'store', 'secrets'],
  workspaces: ['domain', 'observability', 'store'],
  receiver: ['domain', 'observability', 'store', 'http', 'ingest', 'workspaces'],
  poller: ['domain', 'observability', 'runtime', 'secrets', 'store', 'seam', 'ingest', 'workspaces'],
  access: ['domain', 'observability', 'store', 'http', 'workspaces'],
  query: ['domain', 'observability', 'store', 'http', 'secrets'],
  sessions: [
    'domain',
    'observability',
    'runtime',
    'store',
    'seam',
    'http',
    'secrets',
    'ingest',
    'workspaces',
  ],
  status: ['domain', 'observability', 'store', 'http'],
  quarantine: ['domain', 'observability', 'secrets', 'store', 'ingest'],
  health: ['domain', 'observability', 'store', 'http'],
  'simulated-seam': [],
}

/** Files directly in `src` that tie things together. Only the commands are above them; no other folder may import them. */
const roots = [
  'app',
  'open-receiver',
  'open-store',
  'open-keyring',
  'report-settings',
  'releasers',
  'running-demo',
  'demo',
]

const layerRules = Object.entries(mayImport).map(([folder, allowed]): OxlintOverride => {
  const forbidden = [...Object.keys(mayImport), 'cli'].filter(
    (other) => other !== folder && !allowed.includes(other),
  )
  return {
    files: [`src/${folder}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [...forbidden.map((other) => `**/${other}/**`), ...roots.map((root) => `../${root}.ts`)],
              message: `src/${folder} may import only from: ${[folder, ...allowed].join(', ')} (see oxlint.config.ts).`,
            },
          ],
        },
      ],
    },
  }
})

/** Only the demo (and tests and benchmarks) may start the simulated Seam. */
const noSimulatorInProduction: OxlintOverride = {
  files: [
    'src/cli/**',
    'src/{app,open-receiver,open-store,open-keyring,report-settings,releasers,running-demo}.ts',
  ],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: ['**/simulated-seam/**', '**/demo.ts'],
            message: 'Production code never imports the simulated Seam.',
          },
        ],
      },
    ],
  },
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  jsPlugins: ['eslint-plugin-regexp'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'import/no-cycle': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    'eslint/eqeqeq': 'error',
    'eslint/no-console': 'error',
    'unicorn/prefer-node-protocol': 'error',
    // A regular expression whose time grows with the square of its input stops the process for seconds: text comes from outside.
    'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
    'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    // Edges (JSON, rows, headers) are asserted once and checked by hand beside the assertion.
    'typescript/no-unsafe-type-assertion': 'off',
    // Calls every method named fill an array's.
    'unicorn/no-array-fill-with-reference-type': 'off',
    // The compiler checks that a switch over all cases returns.
    'typescript/consistent-return': 'off',
    // pg is CommonJS: its named exports are not there for ESM.
    'import/no-named-as-default-member': 'off',
  },
  overrides: [
    ...layerRules,
    noSimulatorInProduction,
    {
      files: ['test/**'],
      rules: {
        // A helper beside the one test that uses it reads better than one at the top.
        'unicorn/consistent-function-scoping': 'off',
        // What a test reads is its own output.
        'regexp/no-super-linear-backtracking': 'off',
        'regexp/no-super-linear-move': 'off',
      },
    },
    {
      files: ['src/demo.ts', 'bench/**'],
      rules: { 'eslint/no-console': 'off' },
    },
  ],
})
