import type { DevicePosition, DeviceQuery } from '../../store/devices/device-query.ts'
import type { Caller } from '../../domain/caller.ts'
import { type PageCursors, type PagePosition, paginationJson } from '../../http/page-cursor.ts'
import {
  about,
  boolean,
  instant,
  integer,
  nullable,
  oneOf,
  text,
  uuid,
  uuidList,
} from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import type { Db } from '../../store/database.ts'
import { listDevices } from '../../store/devices/list-devices.ts'
import { MAX_FILTER_VALUES } from '../events/event-filter-params.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { claimOfPage, packCompleteness } from '../../domain/completeness.ts'
import { completenessJson } from '../completeness.ts'
import { EVENT_READERS } from '../events/event-visibility.ts'
import { deviceJson } from './device-json.ts'
import { deviceVisibility } from './device-visibility.ts'
import { readStatesCompleteness } from './read-states-completeness.ts'

export interface DeviceRouteOptions {
  db: Db
  pageCursors: PageCursors
}

const DEFAULT_DEVICES = 500
/** Most devices in one answer: a thousand have 0.7 MB. */
export const MAX_DEVICES = 1_000

const PARAMS = defineParams(
  {
    at: about('The states at this instant, not now', instant()),
    device_ids: about('Only these devices', uuidList({ maxItems: MAX_FILTER_VALUES })),
    connection: about(
      'Only devices whose connection is so',
      oneOf('connected', 'disconnected', 'flaky', 'unknown'),
    ),
    battery: about('Only devices with this battery status, such as low or critical; or unknown', text()),
    is_removed: about('Only devices that were removed, or only those that were not', boolean()),
    connected_account_id: about('Only devices of this account', uuid()),
    space_id: about('Only devices that are in this space today', uuid()),
    q: about('Only devices with this in their name, in any case, or with this id', text()),
    order: about(
      'With desc (the default) those first whose connection has been as it is for the longest time, with asc for the shortest. Unknown ones are last',
      oneOf('desc', 'asc'),
    ),
    limit: about(
      `Most devices in the answer (default ${DEFAULT_DEVICES}), never more than ${MAX_DEVICES}`,
      integer({ min: 1, cap: MAX_DEVICES }),
    ),
    page_cursor: about('Where the page before ended; null for the first page', nullable(text())),
  },
  { unknown: 'refused' },
)

type ListParams = ReturnType<typeof PARAMS.read>['values']

/** `/v1/devices/list`: what events tell of each device, now or at an instant. Nothing is concluded from silence. */
export function listDevicesRoute({ db, pageCursors }: DeviceRouteOptions): TextRoute {
  return textRoute({
    path: '/v1/devices/list',
    methods: ['GET', 'POST'],
    summary:
      'the state of each device as events tell it, now or `at` an instant: connection, battery, lock, last event, removed or not; see below',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async ({ limit = DEFAULT_DEVICES, page_cursor: cursor, ...params }, { caller }) => {
      const query = queryOf(params, caller)
      const { at, order, visibility, workspaceId, ...filters } = query
      const paged = ['/v1/devices/list', workspaceId, visibility, `${at}`, order, filters] as const
      const position = cursor ? pageCursors.decode(paged, cursor) : undefined
      const following = position && followingOf(position)
      const completeness = claimOfPage(position?.[2], await readStatesCompleteness(db, workspaceId, at))
      // One more than asked for shows whether there is a next page.
      const devices = await listDevices(db, { ...query, following, limit: limit + 1 })
      const page = devices.slice(0, limit)
      const last = devices.length > limit ? page.at(-1) : undefined
      const next =
        last &&
        pageCursors.encode(paged, [
          `${last.position.since ?? ''}`,
          last.deviceId,
          packCompleteness(completeness),
        ])
      return {
        text: `{"devices":${JSON.stringify(page.map(deviceJson))},"pagination":${paginationJson(next ?? null)},"completeness":${completenessJson(completeness)},"ok":true}`,
        headers: completenessHeaders(completeness),
      }
    },
  })
}

function queryOf(
  params: Omit<ListParams, 'limit' | 'page_cursor'>,
  caller: Caller,
): Omit<DeviceQuery, 'limit'> {
  return {
    workspaceId: caller.workspaceId,
    visibility: deviceVisibility(caller),
    at: params.at ?? null,
    deviceIds: params.device_ids,
    connection: params.connection,
    battery: params.battery,
    isRemoved: params.is_removed,
    connectedAccountId: params.connected_account_id,
    spaceId: params.space_id,
    q: params.q,
    order: params.order === 'asc' ? 'shortest' : 'longest',
  }
}

function followingOf([since, deviceId]: PagePosition): DevicePosition {
  return { since: since === '' ? null : BigInt(since), deviceId }
}
