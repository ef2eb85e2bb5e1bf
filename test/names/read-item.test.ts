import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { MAX_NAME_LENGTH } from '../../src/domain/fold-name.ts'
import { readItem } from '../../src/names/read-item.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'

function nameOf(name: string, code: unknown): string | null {
  return readItem('access_code', { access_code_id: randomUUID(), name, code }, WORKSPACE_ID).name
}

test.each([
  ['a text', 'Guest 4931', '4931'],
  ['a number', 'Guest 4931', 4931],
  ['wide digits in the name', 'Guest ４９３１', '4931'],
  ['cut off in the middle', `${'x'.repeat(MAX_NAME_LENGTH - 3)} 4931`, '4931'],
  ['in a name that is too long to be searched', '1 '.repeat(500_000), '4931'],
])('I9: a name that repeats its code is masked: %s', (_title, name, code) => {
  expect(nameOf(name, code)).toBe('****')
})

test.each([[null], [''], ['4931'], [4931]])('a name without its code stays: %s', (code) => {
  expect(nameOf('Room 204', code)).toBe('Room 204')
})
