import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const DOCUMENTS = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).toSorted()
const SOURCES = new Set(
  globSync('{src,test,bench,bin,migrations,docs}/**', { cwd: ROOT }).map((file) => path.basename(file)),
)

/** A path with a file's ending, in backticks, a link or plain text. */
const FILE = /(?<![\w./:-])(?:[\w.-]+\/)+[\w.-]+\.(?:ts|js|sql|md|json)\b/g
/** A path in backticks: at least one folder, the first without a digit in front (a network), and no placeholder in it. */
const QUOTED = /`((?:[a-z.][\w.-]*\/)(?:[\w.-]+\/)*[\w.-]*)`/g
/** The name of a source file alone, in backticks. */
const NAME = /`([\w-]+\.(?:ts|js|sql))`/g

/** Seam's endpoints look like paths: there only what ends as a file's name does is one. */
const WITH_ENDPOINTS = ['docs/seam-contract.md']
/** Files in Seam's public repositories. */
const OF_SEAM = /^seamapi\//

function isThere(document: string, name: string): boolean {
  const folders = ['', 'src/', `${path.dirname(document)}/`]
  return folders.some((folder) =>
    ['', '.ts'].some((ending) => existsSync(path.join(ROOT, folder + name + ending))),
  )
}

function namesIn(document: string): { paths: string[]; names: string[] } {
  const text = readFileSync(path.join(ROOT, document), 'utf8')
  const quoted = WITH_ENDPOINTS.includes(document) ? [] : [...text.matchAll(QUOTED)]
  const paths = [...[...text.matchAll(FILE)].map(([name]) => name), ...quoted.map(([, name = '']) => name)]
  return {
    paths: paths.filter((name) => !OF_SEAM.test(name)),
    names: [...text.matchAll(NAME)].map(([, name = '']) => name),
  }
}

test.each(DOCUMENTS)('%s names no file or folder that is not there', (document) => {
  const { paths, names } = namesIn(document)
  expect(paths.filter((name) => !isThere(document, name))).toEqual([])
  expect(names.filter((name) => !SOURCES.has(name))).toEqual([])
})

test('the documents name files in each of the ways that are looked for', () => {
  expect(DOCUMENTS).toEqual(expect.arrayContaining(['ARCHITECTURE.md', 'README.md', 'docs/experiments.md']))
  expect(namesIn('ARCHITECTURE.md').paths).toEqual(
    expect.arrayContaining(['walk/walk', 'receiver/group-commit.ts', 'test/chaos/traits/']),
  )
  expect(namesIn('PERFORMANCE.md').paths).toContain('docs/experiments.md')
  expect(namesIn('ARCHITECTURE.md').names).toContain('walk.ts')
})
