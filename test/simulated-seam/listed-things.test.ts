import { expect, test } from 'vitest'
import { thingLists } from '../../src/simulated-seam/listed-things.ts'
import { ask, startSeam } from './ask.ts'

type Things = Record<string, unknown>[]

test.each(thingLists)('$path lists its things with their names, in pages, and gives each', async (list) => {
  const { path, one, many, isPaged } = list
  const seam = await startSeam({ faults: { listPageCap: 2 } })
  const things: Things = []
  let page_cursor: unknown = null
  for (;;) {
    const { body } = await ask(seam, `${path}/list`, { limit: 500, page_cursor })
    things.push(...(body[many] as Things))
    const pagination = body.pagination as { has_next_page: boolean; next_page_cursor: unknown } | undefined
    expect(pagination !== undefined).toBe(isPaged)
    if (!pagination?.has_next_page) break
    expect(body[many]).toHaveLength(2)
    page_cursor = pagination.next_page_cursor
  }
  expect(new Set(things.map((thing) => thing[`${one}_id`])).size).toBe(things.length)
  for (const thing of things) {
    expect(thing.display_name ?? thing.name).toMatch(/\w/)
    const { body } = await ask(seam, `${path}/get`, { [`${one}_id`]: thing[`${one}_id`] })
    expect(body).toEqual({ [one]: thing, ok: true })
  }
  const unknown = await ask(seam, `${path}/get`, { [`${one}_id`]: seam.workspaceId })
  expect(unknown).toMatchObject({ status: 404, body: { error: { type: `${one}_not_found` } } })
})

test('the things are those that events are about', async () => {
  const seam = await startSeam()
  const listed = new Set<unknown>()
  const events = seam.emit(500)
  for (const { path, one, many } of thingLists) {
    const { body } = await ask(seam, `${path}/list`)
    for (const thing of body[many] as Things) listed.add(thing[`${one}_id`])
  }
  const fields = thingLists.map(({ one }) => `${one}_id`).filter((field) => field !== 'access_code_id')
  const unlisted = events
    .filter(({ event_type: type }) => type !== 'phone.deactivated')
    .flatMap((event) =>
      fields.map((field) => event[field]).filter((id) => id !== undefined && !listed.has(id)),
    )
  expect(unlisted).toEqual([])
})
