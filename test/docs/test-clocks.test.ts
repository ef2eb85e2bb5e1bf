import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'

const TESTS = path.join(import.meta.dirname, '..')

/** A test waits for a condition with the limits of `vitest.config.ts`, or with limits at least as long as these. */
const SHORTEST_WAIT_MS = 60_000
const SHORTEST_TEST_MS = 120_000

/** Finds every way in which a test would measure the machine's speed. */
function measures(source: string): string[] {
  const limits = (pattern: RegExp, least: number) =>
    [...source.matchAll(pattern)].filter(([, limit = '']) => Number(limit.replaceAll('_', '')) < least)
  return [
    ...[...source.matchAll(/\bvi\.waitFor\(/g)].map(
      () => 'vi.waitFor, whose limit is a second: use expect.poll',
    ),
    ...limits(/\{ ?(?:interval: [\d_]+, )?timeout: ([\d_]+)/g, SHORTEST_WAIT_MS).map(() => 'a short wait'),
    ...limits(/^[ \t]*\}, ([\d_]+)\)$/gm, SHORTEST_TEST_MS).map(() => 'a short limit of its own'),
    ...[...source.matchAll(/expect\((?:took\w*|performance\.now\(\) - \w+)\)\.toBeLessThan/g)].map(
      () => 'a claim about how long something took',
    ),
  ]
}

test('D: no test has a time limit of its own, or claims how long something takes: a busy machine fails none', async () => {
  const found: string[] = []
  for await (const file of glob('**/*.ts', { cwd: TESTS })) {
    if (file === path.relative(TESTS, import.meta.filename)) continue
    const source = await readFile(path.join(TESTS, file), 'utf8')
    found.push(...measures(source).map((what) => `${file}: ${what}`))
  }
  expect(found).toEqual([])
})
