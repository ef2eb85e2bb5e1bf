import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { sampleRoutes } from '../support/sample-routes.ts'

const routes = sampleRoutes()
const params = routes.flatMap((route) =>
  'params' in route
    ? Object.entries(route.params).map(([name, { schema }]) => ({ name: `${route.path} ${name}`, schema }))
    : [],
)

describe('The table of routes', () => {
  test('has each path once, and a summary of one line for each', () => {
    expect(new Set(routes.map(({ path }) => path)).size).toBe(routes.length)
    for (const { summary } of routes) expect(summary).toMatch(/^[^\n|]+[^.\n|]$/)
  })

  test('describes every parameter, so that a description of the API can be made from it', () => {
    expect(params.length).toBeGreaterThan(40)
    for (const { name, schema } of params) {
      const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
      expect([name, described.description]).toEqual([name, expect.stringMatching(/^[A-Z].+/) as string])
      expect([name, described.type ?? described.anyOf]).toEqual([name, expect.anything()])
    }
  })

  test('tells what is valid in the words of JSON Schema', () => {
    const of = (name: string) =>
      z.toJSONSchema(params.find((each) => each.name === `/events/list ${name}`)?.schema ?? z.never(), {
        io: 'input',
        unrepresentable: 'any',
      })
    expect(of('since')).toMatchObject({ type: 'string', format: 'date-time' })
    expect(of('between')).toMatchObject({
      type: 'array',
      items: { format: 'date-time' },
      minItems: 2,
      maxItems: 2,
    })
    expect(of('device_ids')).toMatchObject({ type: 'array', items: { format: 'uuid' }, maxItems: 10_000 })
    expect(of('unstable_offset')).toMatchObject({ type: 'integer', minimum: 0, maximum: 100_000 })
    expect(of('page_cursor')).toMatchObject({ anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] })
  })
})
