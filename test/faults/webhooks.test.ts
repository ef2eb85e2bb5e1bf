import { expect, onTestFinished, test, vi } from 'vitest'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { expectNoFalseClaim, HOUR_MS } from '../poller/poller-rig.ts'
import { deliver, OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { expectAllGoodAgain, type FaultRig, startFaultRig } from './fault-rig.ts'

/* What may happen to deliveries on their way, beside a poller that sees the same events. */

const { database, db } = await databaseOfThisFile()

async function sighting({ workspaceId }: FaultRig, eventId: string | undefined) {
  return queryTest<{ webhook: boolean; poll: boolean }>(
    db,
    'select webhook_at is not null as webhook, poll_at is not null as poll from events where workspace_id = $1 and event_id = $2',
    [workspaceId, eventId],
  )
}

test('I3: an event that comes by webhook before, after, and both before and after the poll is stored once, with both sightings', async () => {
  const rig = await startFaultRig({ url: database.url, db })
  const [before, after, both] = rig.seam.emit(3)
  for (const event of [before, both]) expect((await deliver(rig.app.url, event ?? {})).status).toBe(204)
  expect(await sighting(rig, before?.event_id)).toEqual([{ webhook: true, poll: false }])
  await rig.poll()
  expect(await sighting(rig, after?.event_id)).toEqual([{ webhook: false, poll: true }])
  for (const event of [after, both]) expect((await deliver(rig.app.url, event ?? {})).status).toBe(204)
  for (const event of [before, after, both])
    expect(await sighting(rig, event?.event_id)).toEqual([{ webhook: true, poll: true }])
  await expectAllGoodAgain(rig)
})

test('I4: a webhook that comes hours late is stored wherever its time lies, and moves coverage nowhere', async () => {
  const rig = await startFaultRig({ url: database.url, db })
  // Three hours are covered: one event lies within them and was never listed, one long before.
  const covered = await rig.coverage()
  const hoursAgo = (hours: number) => ({ created_at: new Date(Date.now() - hours * HOUR_MS).toISOString() })
  const late = rig.seam.add([hoursAgo(2), hoursAgo(27)], { visibleAtMs: Number.POSITIVE_INFINITY })
  for (const event of late) {
    expect((await deliver(rig.app.url, event)).status).toBe(204)
    expect((await deliver(rig.app.url, event)).status).toBe(204)
    expect(await sighting(rig, event.event_id)).toEqual([{ webhook: true, poll: false }])
  }
  expect(await rig.coverage()).toEqual(covered)
  await expectAllGoodAgain(rig)
})

test('I11: what is replayed outside the tolerance is refused and stored nowhere, and the poll still brings the event', async () => {
  const rig = await startFaultRig({ url: database.url, db })
  const [event] = rig.seam.emit(1)
  const messageId = 'msg_that_somebody_recorded'
  for (const minutes of [-6, -24 * 60, 6]) {
    const signedAt = new Date(Date.now() + minutes * 60_000)
    expect((await deliver(rig.app.url, event ?? {}, { signedAt, messageId })).status).toBe(400)
  }
  expect(await sighting(rig, event?.event_id)).toEqual([])
  await expectAllGoodAgain(rig)
  expect(await sighting(rig, event?.event_id)).toEqual([{ webhook: false, poll: true }])
})

test('I3: during a rotation deliveries signed with the old and the new secret are taken, each event once; with another one none', async () => {
  const environment = { SEAM_WEBHOOK_SECRET: `${OTHER_WEBHOOK_SECRET},${WEBHOOK_SECRET}` }
  const rig = await startFaultRig({ url: database.url, db, environment })
  const stranger = `whsec_${Buffer.from('the secret of a stranger').toString('base64')}`
  for (const event of rig.seam.emit(3)) {
    expect((await deliver(rig.app.url, event, { secret: stranger })).status).toBe(400)
    expect(await sighting(rig, event.event_id)).toEqual([])
    for (const secret of [WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET])
      expect((await deliver(rig.app.url, event, { secret })).status).toBe(204)
    expect(await sighting(rig, event.event_id)).toEqual([{ webhook: true, poll: false }])
  }
  await expectAllGoodAgain(rig)
})

/** From now on this process takes it to be so much later. */
function setClock(offsetMs: number): void {
  const TrueDate = Date
  class WrongDate extends TrueDate {
    constructor(...given: [] | [value: number | string]) {
      super(given[0] ?? TrueDate.now() + offsetMs)
    }
    static override now = (): number => TrueDate.now() + offsetMs
  }
  vi.stubGlobal('Date', WrongDate)
}

test.each([
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
])(
  'I6: with the clock of this machine an hour %s, webhooks are refused, and the poller alone brings everything and claims no more',
  async (_title, offsetMs) => {
    const rig = await startFaultRig({ url: database.url, db })
    const sentAt = new Date()
    const [event = { event_id: '' }] = rig.seam.emit(5)
    // The simulated Seam, in the same process, keeps the clock that it was started with.
    setClock(offsetMs)
    onTestFinished(() => void vi.unstubAllGlobals())
    expect((await deliver(rig.app.url, event, { signedAt: sentAt })).status).toBe(400)
    await rig.poll()
    await expectNoFalseClaim(rig)
    const claimedTo = (await readCoverage(db, rig.workspaceId)).at(-1)?.to ?? 0n
    expect(Number(claimedTo / 1000n), 'by Seam’s clock').toBeLessThan(sentAt.getTime() + HOUR_MS / 2)
    expect(Number(claimedTo / 1000n)).toBeGreaterThan(sentAt.getTime() - HOUR_MS / 2)
    rig.seam.emit(5)
    await expectAllGoodAgain(rig)
    expect(await sighting(rig, event.event_id)).toEqual([{ webhook: false, poll: true }])
  },
)

test('I12: of a burst of two thousand webhooks each is answered 204 or 503, and all are stored once, whatever their order', async () => {
  const rig = await startFaultRig({ url: database.url, db, seam: { retryTimeScale: 0.00001 } })
  rig.seam.setFaults({ dropRate: 0.05, duplicateRate: 0.2, reorder: true, lateRate: 0.1, lateMs: 50 })
  rig.seam.setWebhooks([{ url: `${rig.app.url}/webhooks/seam`, secret: WEBHOOK_SECRET }])
  rig.seam.emit(1_000)
  // The simulated Seam sends a few at a time; as many again come all at once.
  const createdAt = rig.seam.events().at(-1)?.created_at ?? ''
  const more = rig.seam.add(Array.from({ length: 1_000 }, () => ({ created_at: createdAt })))
  const answers = Promise.all(more.map((event) => deliver(rig.app.url, event)))
  // While they arrive, the poller brings the same events.
  await rig.poll()
  const statuses = (await answers).map(({ status }) => status)
  await rig.seam.drained()
  await expectNoFalseClaim(rig)
  expect(statuses.filter((status) => status !== 204 && status !== 503)).toEqual([])

  const { exhausted, dropped } = rig.seam.deliveries()
  expect(exhausted).toBe(0)
  expect(dropped).toBeGreaterThan(20)
  // What was answered 204 is there by itself, not only because the poller brought it.
  const seen = await queryTest(db, 'select from events where workspace_id = $1 and webhook_at is not null', [
    rig.workspaceId,
  ])
  expect(seen.length).toBe(1_000 - dropped + statuses.filter((status) => status === 204).length)
  await expectAllGoodAgain(rig)
})
