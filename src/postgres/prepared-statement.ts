import { type Sql, sql, type Statement } from './sql.ts'

/**
 * Makes a statement that each connection prepares once, which saves Postgres planning it for each call. It is meant for statements whose
 * best plan does not depend on the values. Its text is made once, so the name always stands for the same text. An insert of one event took
 * Postgres 0.37 instead of 0.52 ms; pages of 500 gain nothing.
 *
 * `make` gets a function that makes a parameter of how its value is read from the input:
 *
 *     const find = preparedStatement<string[]>('find_things', (input) => sql`select … where id = any(${input((ids) => ids)})`)
 *     runSql(db, find(ids))
 */
export function preparedStatement<Input>(
  name: string,
  make: (parameter: (read: (input: Input) => unknown) => Sql) => Sql,
): (input: Input) => Statement {
  const { text, values: reads } = make((read) => sql`${read}`)
  if (!reads.every((read) => typeof read === 'function'))
    throw new TypeError(`Every value of the prepared statement ${name} must be read from its input.`)
  const readers = reads as ((input: Input) => unknown)[]
  return (input) => ({ name, text, values: readers.map((read) => read(input)) })
}
