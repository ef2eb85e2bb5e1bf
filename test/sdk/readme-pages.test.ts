import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'
import type { SeamHttp } from '@seamapi/http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleEvent } from '../support/sample-event.ts'
import { clientOf, GENERATIONS, type SdkRig, startSdkRig } from './sdk-rig.ts'

const README = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8')
const SINCE = '2026-02-01T00:00:00Z'

interface Sample {
  allEvents: (seam: SeamHttp, query: { since: string; limit?: number }) => AsyncIterable<{ event_id: string }>
}

/** The README's sample that pages, as it stands there. */
function loadSample(): Promise<Sample> {
  const blocks = [...README.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const [code, ...more] = blocks.filter((block) => block.includes('allEvents'))
  if (code === undefined || more.length > 0)
    throw new Error('The README has no sample that pages, or several.')
  const plain = encodeURIComponent(stripTypeScriptTypes(code))
  return import(/* @vite-ignore */ `data:text/javascript,${plain}`) as Promise<Sample>
}

let rig: SdkRig
const events = Array.from({ length: 1_234 }, (_, i) => ({
  created_at: new Date(Date.UTC(2026, 2, 1) + i * 1000),
}))
let newestFirst: string[]
beforeAll(async () => {
  rig = await startSdkRig()
  const stored = events.map(({ created_at }) =>
    sampleEvent({ workspace_id: rig.seam.workspaceId, created_at: created_at.toISOString() }),
  )
  await rig.store(stored)
  newestFirst = stored.map(({ event_id }) => event_id).toReversed()
})
afterAll(() => rig.stop())

test.each(GENERATIONS)("C8: the README's way through all pages works with the %s SDK", async (generation) => {
  const { allEvents } = await loadSample()
  const seam = clientOf(rig, generation)
  for (const query of [{ since: SINCE }, { since: SINCE, limit: 100 }, { since: SINCE, limit: 617 }]) {
    const listed = await Array.fromAsync(allEvents(seam, query))
    expect(listed.map(({ event_id }) => event_id)).toEqual(newestFirst)
  }
  expect(await Array.fromAsync(allEvents(seam, { since: '2030-01-01' }))).toEqual([])
})

test.each(GENERATIONS)('C8: one answer can be seen whole with the %s SDK', async (generation) => {
  // The older generation has the same answer at its client.
  const seam = clientOf(rig, generation)
  const whole =
    generation === 'newest'
      ? await seam.events.list({ since: SINCE, limit: 2 }).fetchResponse()
      : (await seam.client.post<unknown>('/events/list', { since: SINCE, limit: 2 })).data
  expect(whole).toMatchObject({
    events: newestFirst.slice(0, 2).map((event_id) => ({ event_id })),
    pagination: { has_next_page: true },
  })
})

test.each(GENERATIONS)('C9: a call that is not served tells the %s SDK what is', async (generation) => {
  const error = await clientOf(rig, generation)
    .devices.list()
    .then(
      () => null,
      (cause: unknown) => cause,
    )
  expect(error).toMatchObject({ name: 'SeamHttpApiError', statusCode: 404, code: 'not_found' })
  expect((error as Error).message).toMatch(/\/devices\/list.*\/events\/list.*Seam's own/)
})

test.each(GENERATIONS)('C2: a page is compressed on its way to the %s SDK', async (generation) => {
  // A key that sees secrets is answered as it is; the session's token is not among events.
  const seam = clientOf(rig, generation, 'client session token')
  const [account] = rig.session.connected_account_ids
  await rig.store(
    Array.from({ length: 50 }, () =>
      sampleEvent({
        workspace_id: rig.seam.workspaceId,
        connected_account_id: account,
        created_at: '2027-03-01T00:00:00Z',
      }),
    ),
  )
  const asItCame = { decompress: false, responseType: 'arraybuffer' } as const
  const { headers } = await seam.client.post<unknown>('/events/list', { since: '2027-01-01' }, asItCame)
  expect(headers['content-encoding']).toBe('gzip')
  expect((await seam.events.list({ since: '2027-01-01' })).length).toBeGreaterThanOrEqual(50)
})
