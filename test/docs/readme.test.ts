import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sampleRoutes } from '../support/sample-routes.ts'
import { LIMIT_TABLE } from '../../src/app/limit-table.ts'
import type { Scope } from '../../src/domain/caller.ts'
import type { Route, Takes } from '../../src/http/route.ts'
import { VARIABLES, type Variable } from '../../src/config/variables.ts'

const README = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8')

test('the README has the table of variables that the code has', () => {
  const rows = VARIABLES.map(
    (variable: Variable) => `| \`${variable.name}\` | ${defaultOf(variable)} | ${variable.meaning} |`,
  )
  const table = ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
  expect(tableIn('variables')).toBe(table)
})

test('the README has the table of endpoints that the code has', () => {
  const rows = sampleRoutes().map((route) => {
    const methods = route.methods.map((method) => `\`${method}\``).join('/')
    return `| ${methods} \`${route.path}\` | ${whoMayAsk(route)} | ${route.summary} |`
  })
  const table = ['| endpoint | who | what |', '|---|---|---|', ...rows].join('\n')
  expect(tableIn('endpoints')).toBe(table)
})

/** The table between the comments that mark its place. */
function tableIn(name: string): string | undefined {
  return new RegExp(`<!-- ${name}:.*-->\\n\\n([\\s\\S]*?)\\n*<!-- end of ${name} -->`).exec(README)?.[1]
}

test('the README has the table of limits that the code has', () => {
  const tables = LIMIT_TABLE.map(({ title, rows }) =>
    [`| ${title} | limit |`, '|---|---|', ...rows.map(([what, limit]) => `| ${what} | ${limit} |`)].join(
      '\n',
    ),
  )
  expect(tableIn('limits')).toBe(tables.join('\n\n'))
})

test('every limit that a file exports is in the table of limits', () => {
  const src = path.join(import.meta.dirname, '../../src')
  const files = globSync('**/*.ts', { cwd: src }).map((file) => readFileSync(path.join(src, file), 'utf8'))
  const limits = files.flatMap((text) => [...text.matchAll(/^export const (MAX_\w+|\w*LIMITS) /gm)])
  const table = readFileSync(path.join(src, 'app/limit-table.ts'), 'utf8')
  expect(limits.length).toBeGreaterThan(20)
  expect(limits.map(([, name = '']) => name).filter((name) => !table.includes(name))).toEqual([])
})

function whoMayAsk(route: Route): string {
  if (route.kind === 'open') return 'everybody'
  if (route.kind === 'direct') return 'Seam, by its signature'
  return WHO.flatMap(([kind, who]) => {
    const scope = route.takes[kind]
    return scope === undefined || !canHave(kind, scope)
      ? []
      : scope === null
        ? [who]
        : [`${who} with \`${scope}\``]
  }).join(', ')
}

const WHO: readonly [kind: keyof Takes, who: string][] = [
  ['key', 'a key'],
  ['client_session', 'a client session'],
]

/** Whether a caller of this kind can have the scope at all. */
function canHave(kind: keyof Takes, scope: Scope | null): boolean {
  return scope === null || kind === 'key'
}

function defaultOf({ default: text, defaultMeaning }: Variable): string {
  return text === null ? (defaultMeaning ?? 'none') : `\`${text}\``
}
