import leven from 'leven'
import { VARIABLES } from './variables.ts'

const KNOWN: readonly string[] = VARIABLES.map(({ name }) => name)

/** Settings that may come one day; accepting them silently today would look as if they worked. */
const NOT_YET: Readonly<Record<string, string>> = {
  SEAM_MIRROR_RETENTION_DAYS:
    'cannot be set yet: this release deletes no event, however old. Remove it, and delete old events yourself if you must',
}

/** Older names that Seam's own SDKs still read. */
const RENAMED: Readonly<Record<string, string>> = { SEAM_API_URL: 'SEAM_ENDPOINT' }

/** What Kubernetes tells every pod about a Service whose name begins with `seam`: addresses, never settings. */
const OF_A_SERVICE =
  /_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
const ADDRESS_OF_A_SERVICE = /^(tcp|udp|sctp):\/\//

/** A name counts as a slip of a known one when at most this share of it differs; two characters always may. */
const SLIP = 1 / 4
/** The same for proposing a `SEAM_MIRROR_…` name, where nothing else can be meant. */
const GUESS = 1 / 2

/**
 * Reports each variable that was meant for this program and would be ignored: every unknown `SEAM_MIRROR_…`, and every
 * `SEAM_…` that is a slip of a known name. Other variables that begin with `SEAM` belong to other programs.
 */
export function unknownNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!/^seam/i.test(name) || KNOWN.includes(name)) return []
    if (OF_A_SERVICE.test(name) || (name.endsWith('_PORT') && ADDRESS_OF_A_SERVICE.test(value ?? '')))
      return []
    const notYet = NOT_YET[name]
    if (notYet !== undefined) return value?.trim() ? [`${name} ${notYet}`] : []
    const isOurs = /^seam_mirror_/i.test(name)
    const nearest = RENAMED[name] ?? nearestName(name, isOurs)
    if (nearest === null && !isOurs) return []
    const proposal = nearest === null ? '' : `; did you mean ${nearest}?`
    return [`${name} is not a variable that seam-mirror knows${proposal}`]
  })
}

function nearestName(name: string, isOurs: boolean): string | null {
  // Undoes lower case, dashes, and Docker's suffix for a file that holds a secret.
  const typed = name
    .toUpperCase()
    .replaceAll('-', '_')
    .replace(/_FILE$/, '')
  const [nearest] = KNOWN.filter((known) => isOurs || known.startsWith('SEAM_'))
    .map((known) => ({ known, wrong: slipsBetween(typed, known) }))
    .filter(({ known, wrong }) => wrong <= Math.max(2, withoutPrefix(known).length * (isOurs ? GUESS : SLIP)))
    .toSorted((a, b) => a.wrong - b.wrong)
  return nearest?.known ?? null
}

/** Counts the characters that differ. A wrong prefix of ours counts as one, and so does a missing end. */
function slipsBetween(typed: string, known: string): number {
  const [typedRest, knownRest] = [withoutPrefix(typed), withoutPrefix(known)]
  const isBeginning = typed.startsWith('SEAM_MIRROR_') && known.startsWith(`${typed}_`)
  return isBeginning ? 1 : Math.min(leven(typed, known), leven(typedRest, knownRest) + 1)
}

function withoutPrefix(name: string): string {
  return name.replace(/^SEAM_(MIRROR_)?/, '')
}
