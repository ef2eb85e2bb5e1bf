import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
/** A path in backticks: at least one folder, and no placeholder in it. */
const PATH = /`((?:[\w.-]+\/)+[\w.-]*)`/g

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'PERFORMANCE.md'])(
  '%s names no file or folder that is not there',
  (document) => {
    const text = readFileSync(path.join(ROOT, document), 'utf8')
    const named = [...text.matchAll(PATH)].map(([, name = '']) => name)
    const isThere = (name: string) =>
      ['', 'src/'].some((folder) =>
        ['', '.ts'].some((ending) => existsSync(path.join(ROOT, folder + name + ending))),
      )
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((name) => !isThere(name))).toEqual([])
  },
)
