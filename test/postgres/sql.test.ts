import { expect, test } from 'vitest'
import { preparedStatement } from '../../src/postgres/prepared-statement.ts'
import { joinSql, rawSql, type Statement, sql } from '../../src/postgres/sql.ts'

const partsOf = ({ text, values }: Statement) => [text, values]

test('values become parameters in the order of the text, however pieces are nested', () => {
  const where = sql`a = ${'x'} and b = ${'y'}`
  const statement = sql`select ${1}, (select c from d where ${where} limit ${2}) from e where ${sql`f`} > ${3}`
  expect(partsOf(statement)).toEqual([
    'select $1, (select c from d where a = $2 and b = $3 limit $4) from e where f > $5',
    [1, 'x', 'y', 2, 3],
  ])
})

test('a piece that stands in a statement several times has its values sent once, and in another statement again', () => {
  const id = sql`${'id'}`
  const where = sql`a = ${id} and b > ${7}`
  expect(partsOf(sql`${0} ${where} or ${where} or c = ${id}`)).toEqual([
    '$1 a = $2 and b > $3 or a = $2 and b > $3 or c = $2',
    [0, 'id', 7],
  ])
  expect(partsOf(sql`${where}, ${id}`)).toEqual(['a = $1 and b > $2, $1', ['id', 7]])
  expect(partsOf(where)).toEqual(['a = $1 and b > $2', ['id', 7]])
})

test('values are never text: not strings, not what looks like SQL, not null', () => {
  const values = ["'; drop table events; --", null, undefined, ['a'], { text: 'select 1', values: [] }]
  expect(partsOf(joinSql(values, ', '))).toEqual(['$1, $2, $3, $4, $5', values])
})

test('pieces are joined, also none and one', () => {
  expect(partsOf(joinSql([], ' and '))).toEqual(['', []])
  expect(partsOf(joinSql([rawSql('a')], ' and '))).toEqual(['a', []])
  expect(partsOf(sql`where ${joinSql([sql`a = ${1}`, rawSql('b')], ' and ')}`)).toEqual([
    'where a = $1 and b',
    [1],
  ])
})

test('a prepared statement has one text, and reads its values from each input in the order of the text', () => {
  const find = preparedStatement<{ a: number; b: string }>('find', (input) => {
    const b = input((each) => each.b)
    return sql`select ${b} where ${input((each) => each.a)} = 1 or ${b} is null`
  })
  const text = 'select $1 where $2 = 1 or $1 is null'
  expect(find({ a: 1, b: 'x' })).toEqual({ name: 'find', text, values: ['x', 1] })
  expect(find({ a: 2, b: 'y' })).toEqual({ name: 'find', text, values: ['y', 2] })
})

test('a prepared statement refuses a value that is not read from its input, which would be the same for ever', () => {
  expect(() => preparedStatement('fixed', () => sql`select ${1}`)).toThrow(
    'Every value of the prepared statement fixed must be read from its input.',
  )
})
