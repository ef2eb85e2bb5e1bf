import { readdirSync } from 'node:fs'
import { defineConfig, type OxlintOverride } from 'oxlint'

/**
 * The rooms of `src` and what each may import besides itself (ARCHITECTURE.md shows the picture). Features (receiver, poller, audit,
 * sessions, quarantine, access) never see each other.
 */
const mayImport: Record<string, string[]> = {
  domain: [],
  runtime: [],
  'simulated-seam': [],
  observability: ['runtime'],
  secrets: ['domain'],
  config: ['domain', 'secrets'],
  postgres: ['domain'],
  'embedded-postgres': ['runtime'],
  seam: ['domain'],
  http: ['domain'],
  store: ['domain', 'postgres'],
  ingest: ['domain', 'secrets', 'postgres', 'store'],
  workspaces: ['domain', 'seam', 'store'],
  folds: ['domain', 'runtime', 'postgres', 'store'],
  status: ['domain', 'store'],
  export: ['domain', 'store'],
  walk: ['domain', 'seam', 'ingest'],
  receiver: ['domain', 'runtime', 'http', 'ingest', 'workspaces'],
  poller: ['domain', 'runtime', 'secrets', 'postgres', 'seam', 'store', 'ingest', 'walk', 'workspaces'],
  audit: ['domain', 'runtime', 'secrets', 'postgres', 'seam', 'store', 'ingest', 'walk', 'workspaces'],
  names: ['domain', 'runtime', 'postgres', 'seam', 'store', 'workspaces'],
  sessions: ['domain', 'runtime', 'secrets', 'postgres', 'seam', 'store', 'ingest', 'workspaces'],
  quarantine: ['domain', 'secrets', 'store', 'ingest'],
  access: ['domain', 'http', 'store', 'workspaces'],
  feed: ['domain', 'runtime', 'http', 'store'],
  api: ['domain', 'secrets', 'postgres', 'http', 'store', 'status', 'export', 'feed'],
}
/** These tie the rooms together: `app` may import everything but `cli`, and `cli` everything. Nothing imports them. */
const mayImportAll = ['app', 'cli']
const simulator = 'simulated-seam'

/** Files that only one room may import (I2, I4). */
const owned: { owner: string; files: string; what: string }[] = [
  { owner: 'ingest', files: 'store/events/insert-events', what: 'Events are written' },
  { owner: 'names', files: 'store/names/save-[a-z-]+', what: 'Names are written' },
  { owner: 'poller', files: 'store/coverage/(?:add|trim)-coverage', what: 'Coverage is moved' },
  { owner: 'folds', files: 'store/folds/(?:lock-fold|fold-page)', what: 'Events are folded' },
]

const rooms = readdirSync('src', { withFileTypes: true })
checkRooms()

/** Fails on a room without a rule, which could import anything. */
function checkRooms(): void {
  const ruled = [...Object.keys(mayImport), ...mayImportAll]
  const found = rooms.map(({ name }) => name)
  const loose = rooms.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  const unruled = found.filter((name) => !loose.includes(name) && !ruled.includes(name))
  const gone = ruled.filter((name) => !found.includes(name))
  if (loose.length + unruled.length + gone.length > 0)
    throw new Error(
      `oxlint.config.ts (mayImport) and src differ. Files outside of a folder: ${loose.join(', ') || 'none'}. ` +
        `Folders without a rule: ${unruled.join(', ') || 'none'}. Rules without a folder: ${gone.join(', ') || 'none'}.`,
    )
}

/** How many folders below its room a file may be. */
const DEPTHS = [0, 1]

const roomRules = [...Object.keys(mayImport), ...mayImportAll].flatMap((room) =>
  DEPTHS.map((depth): OxlintOverride => {
    const up = `^${'\\.\\./'.repeat(depth + 1)}`
    const forbidden = forbiddenFor(room)
    const ownedByOthers = owned.filter(({ owner }) => owner !== room)
    return {
      files: [`src/${room}/${'*/'.repeat(depth)}*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              ...(forbidden.length === 0
                ? []
                : [
                    {
                      regex: `${up}(?:${forbidden.join('|')})/`,
                      message: `src/${room} may import only from: ${allowedFor(room).join(', ')} (see oxlint.config.ts).`,
                    },
                  ]),
              ...ownedByOthers.map(({ owner, files, what }) => ({
                regex: `${up}${files}\\.ts$`,
                message: `${what} from src/${owner} only (see oxlint.config.ts).`,
              })),
            ],
          },
        ],
      },
    }
  }),
)

function allowedFor(room: string): string[] {
  return mayImportAll.includes(room) ? Object.keys(mayImport) : [room, ...(mayImport[room] ?? [])]
}

/** Only the demo (and tests and benchmarks) may start the simulated Seam. */
function forbiddenFor(room: string): string[] {
  const others = rooms.map(({ name }) => name).filter((name) => name !== room)
  if (!mayImportAll.includes(room)) return others.filter((name) => !mayImport[room]?.includes(name))
  return room === 'app' ? [simulator, 'cli'] : [simulator]
}

const demo: OxlintOverride = {
  files: ['src/cli/demo.ts'],
  rules: { 'no-restricted-imports': 'off', 'eslint/no-console': 'off' },
}

/**
 * The longest file and the longest function, in plain lines. A table that grows beyond them is exempted here by its name, with the
 * reason. Tests have no limit, because a `describe` is one function.
 */
const MAX_FILE_LINES = 250
const MAX_FUNCTION_LINES = 60

const sizes: OxlintOverride = {
  files: ['src/**/*.ts', 'bench/**/*.ts', 'bin/**/*.js'],
  rules: {
    'eslint/max-lines': ['error', { max: MAX_FILE_LINES }],
    'eslint/max-lines-per-function': ['error', { max: MAX_FUNCTION_LINES }],
  },
}

/** The tables of all limits, all settings and all database columns, which are longer with each of them. */
const longTables: OxlintOverride = {
  files: ['src/app/limit-table.ts', 'src/config/variables.ts', 'src/store/schema.ts'],
  rules: { 'eslint/max-lines': 'off' },
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  jsPlugins: ['eslint-plugin-regexp'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    'eslint/eqeqeq': 'error',
    'eslint/no-console': 'error',
    'unicorn/prefer-node-protocol': 'error',
    // A regular expression whose time grows with the square of its input can block the process for seconds, and text comes from outside.
    'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
    'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    // Data at the edges (JSON, rows, headers) is asserted once and checked by hand beside the assertion.
    'typescript/no-unsafe-type-assertion': 'off',
    // It takes every method named `fill` for an array's.
    'unicorn/no-array-fill-with-reference-type': 'off',
    // The compiler already checks that a switch over all cases returns.
    'typescript/consistent-return': 'off',
    // pg is CommonJS, so ESM cannot import its names directly.
    'import/no-named-as-default-member': 'off',
  },
  overrides: [
    ...roomRules,
    demo,
    sizes,
    longTables,
    {
      files: ['test/**'],
      rules: {
        // The laboratory's rig names what its faults and traits get.
        'import/no-cycle': ['error', { ignoreTypes: true }],
        // A helper beside the one test that uses it reads better than one at the top.
        'unicorn/consistent-function-scoping': 'off',
        // Tests read only their own output.
        'regexp/no-super-linear-backtracking': 'off',
        'regexp/no-super-linear-move': 'off',
      },
    },
    {
      files: ['bench/**'],
      rules: { 'eslint/no-console': 'off' },
    },
  ],
})
