import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

const TESTS = path.join(import.meta.dirname, '..')

/** What a test that measures the machine is written with; the limits for all of them are in `vitest.config.ts`. */
const MEASURES = [
  ['vi.waitFor, whose limit is a second: use expect.poll', /\bvi\.waitFor\(/],
  ['a limit of its own', /\.poll\((?:[^;]*?)\{[^{}]*\btimeout:/],
  ['a limit of its own', /^\s*\}, [\d_]+\)$/m],
  [
    'a claim about how long something took',
    /\bexpect\([^;]*performance\.now\(\)[^;]*\)\.toBeLessThan(?:OrEqual)?\([\d_]+\)/,
  ],
  ['a claim about how long something took', /\bexpect\(took\w*\)\.toBeLessThan/],
] as const

test('D: no test has a time limit of its own, or claims how long something takes: a busy machine fails none', async () => {
  const found: string[] = []
  for await (const file of glob('**/*.ts', { cwd: TESTS })) {
    if (file === path.relative(TESTS, import.meta.filename)) continue
    const source = await readFile(path.join(TESTS, file), 'utf8')
    for (const [what, pattern] of MEASURES) if (pattern.test(source)) found.push(`${file}: ${what}`)
  }
  expect(found).toEqual([])
})
