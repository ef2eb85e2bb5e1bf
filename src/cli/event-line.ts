import { NAME_KINDS } from '../domain/name-kinds.ts'
import { isUuid } from '../domain/uuid.ts'

/** What a terminal takes for a command rather than for a character. Guests choose their own names. */
const CONTROL = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu

/** The ids of an event that may have names, in the order of the kinds: the device first. */
export function idsToName(event: Readonly<Record<string, unknown>>): string[] {
  return Object.values(NAME_KINDS).flatMap((column) => {
    const values = [event[column], event[column.replace(/s$/, '')]].flat()
    return values.filter(isUuid).map((id) => id.toLowerCase())
  })
}

/** An event for a person: when it was created, its type, and the names of what it is about, or the first id while none has a name. */
export function eventLine(
  event: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, string | null>,
): string {
  const ids = [...new Set(idsToName(event))]
  const known = ids.flatMap((id) => names.get(id) ?? [])
  const about = known.length > 0 ? known : ids.slice(0, 1)
  const parts = [event.created_at, event.event_type, about.join(' · ')].map(String)
  return parts.join('  ').trimEnd().replaceAll(CONTROL, ' ')
}
