import type { OutageQuery } from '../../../src/store/devices/outage-query.ts'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OUTAGE_FACTS } from '../../../src/domain/device-facts.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { foldWorkspace } from '../../../src/folds/fold-workspace.ts'
import { ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { listOutages, type Outage } from '../../../src/store/devices/list-outages.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'
import type { DeviceEvent } from './expected-devices.ts'
import { event, filter, names, saveTheNames, visibility } from './generated-events.ts'

const { db } = await databaseOfThisFile()

type AskedQuery = Omit<OutageQuery, 'workspaceId' | 'following'>

const START = Date.parse('2026-06-15T16:00:00Z')
const micros = (time: string) => BigInt(Date.parse(time)) * 1000n
const instant = fc.integer({ min: -1, max: 31 }).map((n) => BigInt(START + n * 1000) * 1000n)

const query: fc.Arbitrary<AskedQuery> = fc
  .tuple(
    fc.record({
      visibility,
      at: fc.oneof(fc.constant(BigInt(START - 1000) * 1000n), instant),
      before: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, instant),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
    filter,
  )
  .map(([rest, filters]) => ({ ...rest, ...filters }))

/** What `listOutages` should answer, told plainly: by going through each device's events from the oldest to the newest. */
function expectedOutages(all: readonly DeviceEvent[], asked: AskedQuery): Partial<Outage>[] {
  const { visibility: allowed, at, before, deviceIds, spaceId, q, connectedAccountId } = asked
  const isVisible = (account: string | null | undefined) =>
    allowed.kind === 'all' || allowed.connectedAccountIds.includes(account ?? '')
  const oldestFirst = all
    .filter((one) => isVisible(one.connected_account_id))
    .toSorted((a, b) =>
      a.created_at === b.created_at
        ? a.event_id < b.event_id
          ? 1
          : -1
        : a.created_at < b.created_at
          ? -1
          : 1,
    )
  const found: { began: DeviceEvent; ended: DeviceEvent | null }[] = []
  const lasting = new Map<string, { began: DeviceEvent; ended: DeviceEvent | null }>()
  for (const one of oldestFirst) {
    const fact = OUTAGE_FACTS.find(({ eventType }) => eventType === one.event_type)
    const current = lasting.get(one.device_id)
    if (fact?.state === 'out' && current === undefined) {
      const outage = { began: one, ended: null }
      lasting.set(one.device_id, outage)
      found.push(outage)
    } else if (fact?.state === 'over' && current !== undefined) {
      current.ended = one
      lasting.delete(one.device_id)
    }
  }
  const accountOf = (deviceId: string) => {
    const told = oldestFirst.findLast(
      (one) => one.device_id === deviceId && one.connected_account_id !== undefined,
    )
    const named = names.find((name) => name.id === deviceId && isVisible(name.connectedAccountId))
    return told?.connected_account_id ?? named?.connectedAccountId
  }
  return found
    .filter(({ began, ended }) => {
      const from = micros(began.created_at)
      if (before !== null && from >= before && from > at) return false
      return from > at || ended === null || micros(ended.created_at) > at
    })
    .filter(({ began: { device_id: id } }) => {
      if (connectedAccountId !== undefined && accountOf(id) !== connectedAccountId) return false
      const named = names.find((name) => name.id === id && isVisible(name.connectedAccountId))
      if (spaceId !== undefined && named?.spaceIds.includes(spaceId) !== true) return false
      if (q !== undefined && id !== q && named?.name.toLowerCase().includes(q.toLowerCase()) !== true)
        return false
      return deviceIds === undefined || deviceIds.includes(id)
    })
    .toReversed()
    .map(({ began, ended }) => ({
      deviceId: began.device_id,
      from: began.created_at.replace('Z', '000Z'),
      to: ended?.created_at.replace('Z', '000Z') ?? null,
      seconds: ended === null ? null : (Date.parse(ended.created_at) - Date.parse(began.created_at)) / 1000,
      cause: typeof began.error_code === 'string' ? began.error_code : null,
      eventId: began.event_id,
      endedBy: ended?.event_type ?? null,
      endEventId: ended?.event_id ?? null,
    }))
}

/** All pages, one after the other. */
async function readAll(workspaceId: string, asked: AskedQuery): Promise<Partial<Outage>[]> {
  const found: Partial<Outage>[] = []
  let following: OutageQuery['following']
  for (;;) {
    const page = await listOutages(db, { ...asked, workspaceId, following })
    for (const { position, name: _name, connectedAccountId: _account, ...outage } of page) {
      found.push(outage)
      following = position
    }
    if (page.length < asked.limit) return found
  }
}

test('I10: outages are the disconnections of a window with what ended them, page by page, of what the caller may see', async () => {
  const holds = fc.asyncProperty(
    fc.array(event, { minLength: 5, maxLength: 50, size: 'max' }),
    fc.array(query, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    async (fields, queries, isFolded) => {
      const workspaceId = randomUUID()
      await saveTheNames(db, workspaceId)
      const events = fields.map((each) => ({ event_id: randomUUID(), ...each }) as DeviceEvent)
      const items = events.map((one) => parseEvent(JSON.stringify(one), workspaceId))
      await db.transaction().execute((trx) => ingestInTransaction(trx, items, 'poll', maskingSecrets()))
      if (isFolded) await foldWorkspace(db, workspaceId, 7)
      for (const asked of queries)
        expect(await readAll(workspaceId, asked)).toEqual(expectedOutages(events, asked))
    },
  )
  expect(await fc.check(holds, { numRuns: 80 })).toMatchObject({ failed: false, error: null })
})
