import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const read = (name: string) => readFileSync(path.join(import.meta.dirname, '../..', name), 'utf8')
const flagsIn = (words: readonly string[]) => words.filter((word) => word.startsWith('--'))

test("the image starts the service with Node's flags of npm start", () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } }
  const command = /^CMD (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]'
  expect(flagsIn(scripts.start.split(' '))).not.toEqual([])
  expect(flagsIn(JSON.parse(command) as string[])).toEqual(flagsIn(scripts.start.split(' ')))
})
