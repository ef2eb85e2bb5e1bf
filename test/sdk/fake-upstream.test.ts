import { createFake } from '@seamapi/fake-seam-connect'
import { expect, test } from 'vitest'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { NEVER, startTestApp } from '../support/start-test-app.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { MIRROR_API_KEY } from '../support/start-test-app.ts'
import { SeamHttp } from '@seamapi/http'

/**
 * Seam's official fake as the upstream, for events. It lists oldest first, without limit or offset, and shows every workspace's
 * events to everybody (contract, 15.3): what is ours must be copied, what is not must be put aside, and no more may be called
 * complete than an upstream without offsets can prove.
 */
test("I5: the official fake's events are copied, and those of another workspace are not", async () => {
  const fake = await createFake()
  fake.database.addWorkspace({ name: 'Ours', workspace_id: WORKSPACE_ID })
  const apiKey = 'seam_testfake1_aaaaaaaaaaaaaaaaaaaaaaaa'
  fake.database.addApiKey({ name: 'key', workspace_id: WORKSPACE_ID, token: apiKey })
  await fake.startServer()
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  const ours = Array.from({ length: 30 }, (_, i) => sampleEvent({ created_at: minutesAgo(40 - i) }))
  const theirs = sampleEvent({ workspace_id: crypto.randomUUID(), created_at: minutesAgo(20) })
  for (const event of [...ours, theirs]) fake.database.addEvent(event)

  const database = await createTestDatabase()
  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: fake.serverUrl as string,
    SEAM_API_KEY: apiKey,
    SEAM_MIRROR_POLL_SCHEDULE: NEVER,
    SEAM_MIRROR_BACKFILL_SINCE: '2h',
  })
  try {
    await app.pollers[0]?.pollNow()
    const seam = SeamHttp.fromApiKey(MIRROR_API_KEY, { endpoint: app.url })
    const copied = await seam.events.list({ since: minutesAgo(120) })
    expect(copied.map(({ event_id }) => event_id)).toEqual(ours.map(({ event_id }) => event_id).toReversed())
    const aside = await app.db.selectFrom('quarantine').select('reason').execute()
    expect(aside).toEqual([{ reason: 'foreign_workspace' }])
  } finally {
    await app.stop()
    await fake.stopServer()
    await database.drop()
  }
})
