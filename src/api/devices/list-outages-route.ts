import type { OutagePosition, OutageQuery } from '../../store/devices/outage-query.ts'
import type { Caller } from '../../domain/caller.ts'
import { type PagePosition, paginationJson } from '../../http/page-cursor.ts'
import {
  about,
  instant,
  instantPair,
  integer,
  nullable,
  text,
  uuid,
  uuidList,
} from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { listOutages, type Outage } from '../../store/devices/list-outages.ts'
import { MAX_FILTER_VALUES } from '../events/event-filter-params.ts'
import { EVENT_READERS } from '../events/event-visibility.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { claimOfPage, packCompleteness } from '../../domain/completeness.ts'
import { completenessJson } from '../completeness.ts'
import { deviceVisibility } from './device-visibility.ts'
import { type DeviceRouteOptions, MAX_DEVICES } from './list-devices-route.ts'

const DEFAULT_OUTAGES = 500

const PARAMS = defineParams(
  {
    since: about('Outages that lasted then or began later', instant()),
    between: about(
      'Outages that lasted at the first instant, or began after it and before the second',
      instantPair(),
    ),
    device_ids: about('Only of these devices', uuidList({ maxItems: MAX_FILTER_VALUES })),
    connected_account_id: about('Only of devices of this account', uuid()),
    space_id: about('Only of devices that are in this space today', uuid()),
    q: about('Only of devices with this in their name, in any case, or with this id', text()),
    limit: about(
      `Most outages in the answer (default ${DEFAULT_OUTAGES}), never more than ${MAX_DEVICES}`,
      integer({ min: 1, cap: MAX_DEVICES }),
    ),
    page_cursor: about('Where the page before ended; null for the first page', nullable(text())),
  },
  {
    problemOf: ({ since, between }) => {
      if (since === undefined && between === undefined) return 'Must specify either since or between'
      return since !== undefined && between !== undefined ? 'Cannot specify both since and between' : null
    },
    unknown: 'refused',
  },
)

type OutageParams = ReturnType<typeof PARAMS.read>['values']

/** `/v1/devices/outages`: disconnections with their returns, the newest first. */
export function listOutagesRoute({ db, pageCursors }: DeviceRouteOptions): TextRoute {
  return textRoute({
    path: '/v1/devices/outages',
    methods: ['GET', 'POST'],
    summary:
      'from when to when which device was disconnected, and why: `since` or `between`, including what lasted when that began; newest first',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async ({ limit = DEFAULT_OUTAGES, page_cursor: cursor, ...params }, { caller }) => {
      const query = queryOf(params, caller)
      const { workspaceId, visibility, at, before, ...filters } = query
      const paged = ['/v1/devices/outages', workspaceId, visibility, `${at}`, `${before}`, filters] as const
      const position = cursor ? pageCursors.decode(paged, cursor) : undefined
      const following = position && followingOf(position)
      const completeness = claimOfPage(
        position?.[2],
        await readCompleteness(db, workspaceId, { from: at, to: before }),
      )
      // One more than asked for shows whether there is a next page.
      const outages = await listOutages(db, { ...query, following, limit: limit + 1 })
      const page = outages.slice(0, limit)
      const last = outages.length > limit ? page.at(-1) : undefined
      const next =
        last &&
        pageCursors.encode(paged, [
          `${last.position.createdAt}`,
          last.position.eventId,
          packCompleteness(completeness),
        ])
      return {
        text: `{"outages":${JSON.stringify(page.map(outageJson))},"pagination":${paginationJson(next ?? null)},"completeness":${completenessJson(completeness)},"ok":true}`,
        headers: completenessHeaders(completeness),
      }
    },
  })
}

function queryOf(
  { since, between, ...params }: Omit<OutageParams, 'limit' | 'page_cursor'>,
  caller: Caller,
): Omit<OutageQuery, 'limit'> {
  return {
    workspaceId: caller.workspaceId,
    visibility: deviceVisibility(caller),
    // One of the two is there: `problemOf` has checked it.
    at: since ?? between?.[0] ?? 0n,
    before: between?.[1] ?? null,
    deviceIds: params.device_ids,
    connectedAccountId: params.connected_account_id,
    spaceId: params.space_id,
    q: params.q,
  }
}

function outageJson(outage: Outage): Record<string, unknown> {
  return {
    device_id: outage.deviceId,
    name: outage.name,
    connected_account_id: outage.connectedAccountId,
    from: outage.from,
    to: outage.to,
    seconds: outage.seconds,
    cause: outage.cause,
    event_id: outage.eventId,
    ended_by: outage.endedBy,
    end_event_id: outage.endEventId,
  }
}

function followingOf([createdAt, eventId]: PagePosition): OutagePosition {
  return { createdAt: BigInt(createdAt), eventId }
}
