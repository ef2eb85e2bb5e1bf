import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { VARIABLES, type Variable } from '../../src/config/variables.ts'

const README = path.join(import.meta.dirname, '../../README.md')

test('the README has the table of variables that the code has', () => {
  const rows = VARIABLES.map(
    (variable: Variable) => `| \`${variable.name}\` | ${defaultOf(variable)} | ${variable.meaning} |`,
  )
  const table = ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
  const [, between] =
    /<!-- variables:.*-->\n\n([\s\S]*?)\n*<!-- end of variables -->/.exec(readFileSync(README, 'utf8')) ?? []
  expect(between, `Put this into the README:\n\n${table}\n`).toBe(table)
})

function defaultOf({ default: text, defaultMeaning }: Variable): string {
  return text === null ? (defaultMeaning ?? 'none') : `\`${text}\``
}
