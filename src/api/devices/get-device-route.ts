import { ApiError } from '../../http/api-error.ts'
import { about, instant, required, uuid } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import type { Db } from '../../store/database.ts'
import { listDevices } from '../../store/devices/list-devices.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { completenessJson } from '../completeness.ts'
import { EVENT_READERS } from '../events/event-visibility.ts'
import { deviceJson } from './device-json.ts'
import { deviceVisibility } from './device-visibility.ts'
import { readStatesCompleteness } from './read-states-completeness.ts'

const PARAMS = defineParams(
  {
    device_id: about('The device', required(uuid())),
    at: about('Its state at this instant, not now', instant()),
  },
  { unknown: 'refused' },
)

/** `/v1/devices/get`: one device, as `/v1/devices/list` shows it. */
export function getDeviceRoute({ db }: { db: Db }): TextRoute {
  return textRoute({
    path: '/v1/devices/get',
    methods: ['GET', 'POST'],
    summary: 'the same of one device, by `device_id`',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async ({ device_id: deviceId, at = null }, { caller }) => {
      const { workspaceId } = caller
      const completeness = await readStatesCompleteness(db, workspaceId, at)
      const [device] = await listDevices(db, {
        workspaceId,
        visibility: deviceVisibility(caller),
        at,
        deviceIds: [deviceId],
        order: 'longest',
        limit: 1,
      })
      if (device === undefined) throw new ApiError(404, 'device_not_found', 'Device not found')
      return {
        text: `{"device":${JSON.stringify(deviceJson(device))},"completeness":${completenessJson(completeness)},"ok":true}`,
        headers: completenessHeaders(completeness),
      }
    },
  })
}
