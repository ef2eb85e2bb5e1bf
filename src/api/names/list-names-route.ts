import type { Caller } from '../../domain/caller.ts'
import { isNameKind, NAME_KINDS, type NameKind } from '../../domain/name-kinds.ts'
import { type PageCursors, pageJson, type PagePosition } from '../../http/page-cursor.ts'
import { about, integer, nullable, oneOf, text, uuidList } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import type { Db } from '../../store/database.ts'
import { listNames, type NamePosition, type StoredName } from '../../store/names/list-names.ts'
import { EVENT_READERS } from '../events/event-visibility.ts'
import { nameVisibility } from './name-visibility.ts'

/** Most names in one answer, and most ids that are asked for. */
export const MAX_NAMES = 1_000
const DEFAULT_LIMIT = 100

const PARAMS = defineParams(
  {
    ids: about('Only the names of these ids', uuidList({ maxItems: MAX_NAMES })),
    kind: about('Only the names of things of this kind', oneOf(...(Object.keys(NAME_KINDS) as NameKind[]))),
    q: about('Only names that contain this text, in any case', text()),
    limit: about(
      `Most names in the answer, never more than ${MAX_NAMES}`,
      integer({ min: 1, cap: MAX_NAMES }),
    ),
    page_cursor: about('Where the page before ended; null for the first page', nullable(text())),
  },
  // Seam has no such endpoint, so nothing obliges this one to ignore misspelt parameters.
  { unknown: 'refused' },
)

/** `GET /v1/names/list`: the names of ids, and the ids of names, by kind and name. What Seam no longer lists keeps its last name. */
export function listNamesRoute({ db, pageCursors }: { db: Db; pageCursors: PageCursors }): TextRoute {
  return textRoute({
    path: '/v1/names/list',
    methods: ['GET', 'POST'],
    summary:
      'what is behind ids: names of devices, people, spaces and so on, by `ids`, `kind` and `q` (a part of a name)',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async ({ limit = DEFAULT_LIMIT, page_cursor: cursor, ids, kind, q }, { caller }) => {
      const { workspaceId } = caller
      const filters = { ids, kind, q }
      const query = ['/v1/names/list', workspaceId, sessionOf(caller), filters] as const
      const names = await listNames(db, {
        workspaceId,
        visibility: nameVisibility(caller),
        ...filters,
        following: cursor ? followingOf(pageCursors.decode(query, cursor)) : undefined,
        // One more than asked for shows whether there is a next page.
        limit: limit + 1,
      })
      const page = names.slice(0, limit)
      const last = names.length > limit ? page.at(-1) : undefined
      const next = last && pageCursors.encode(query, [`${last.kind} ${last.id}`, last.folded])
      return { text: pageJson('names', page.map(nameJson), next ?? null) }
    },
  })
}

function sessionOf(caller: Caller): string | null {
  return caller.kind === 'key' ? null : caller.clientSessionId
}

function followingOf([place, folded]: PagePosition): NamePosition {
  const [kind, id = ''] = place.split(' ')
  if (!isNameKind(kind)) throw new Error('A page cursor of names has no kind.')
  return { kind, folded, id }
}

/** Members that say nothing are left out, but for the name. */
function nameJson(stored: StoredName): string {
  const { id, kind, name, isGone, deviceType, manufacturer, connectedAccountId, spaceIds, customMetadata } =
    stored
  return JSON.stringify({
    id,
    kind,
    name,
    is_gone: isGone,
    ...(deviceType !== null && { device_type: deviceType }),
    ...(manufacturer !== null && { manufacturer }),
    ...(connectedAccountId !== null && { connected_account_id: connectedAccountId }),
    ...(spaceIds.length > 0 && { space_ids: spaceIds }),
    ...(customMetadata !== null && { custom_metadata: JSON.parse(customMetadata) as unknown }),
  })
}
