/*
 * Where a door PIN may stand in an event, by the names of members: those of contract 12.4, and those that other vendors and our users
 * give to the same thing.
 */

/** What a member's name says of its value. */
export type Place =
  /** A PIN, whatever it looks like. */
  | 'pin'
  /** Named like a PIN (`door_code`, `guestPin`): one if there is a digit in it. */
  | 'pin_with_digit'
  /** What was changed: `from` and `to` below it are taken out whole. */
  | 'changes'
  /** A sentence in which a PIN may stand. */
  | 'free_text'
  /** `*_errors`, `*_warnings`: the texts below them are sentences. */
  | 'errors'
  /** `from`, `to`: a value of theirs, rather than an object, is treated as a change. */
  | 'side'
  /** Ids and instants of the event itself, which are read back from its text: they stay as they are. */
  | 'read_back'
  /** Words for programs, such as `error_code`: no PIN, and no sentence. */
  | 'words'
  | 'plain'

const BY_NAME: Record<Exclude<Place, 'pin_with_digit' | 'errors' | 'plain'>, readonly string[]> = {
  pin: ['code', 'pin', 'pin_code', 'access_code', 'temporary_code', 'passcode'].flatMap((name) => [
    name,
    `${name}s`,
  ]),
  changes: ['changed_properties', 'requested_mutations'],
  free_text: ['description', 'event_description', 'change_reason', 'error_message', 'message'],
  side: ['from', 'to'],
  read_back: ['event_id', 'workspace_id', 'created_at', 'occurred_at'],
  words: [
    ...['error', 'warning', 'mutation', 'reason', 'result', 'status', 'exit'].map((kind) => `${kind}_code`),
    ...['country', 'currency', 'language', 'postal', 'zip'].map((kind) => `${kind}_code`),
  ],
}

const PLACES: ReadonlyMap<string, Place> = new Map(
  Object.entries(BY_NAME).flatMap(([place, names]) => names.map((name) => [name, place as Place])),
)

/** `code` or `pin` as a name's last word, perhaps numbered: `new_code`, `doorCode`, `guest_pin`, `PIN2`; not `mapping`. */
const PIN_NAME = /(?:[Cc]ode|CODE|(?<![A-Za-z])[Pp]in|P[Ii][Nn])[sS]?[-_. ]?\d{0,4}$/

/** The place that a member of this name is. */
export function placeOf(name: string): Place {
  const known = PLACES.get(name)
  if (known !== undefined) return known
  // Most names end with neither: `device_id`, `created_at`.
  if (!SPECIAL_ENDS.includes(name.charCodeAt(name.length - 1))) return 'plain'
  if (name.endsWith('_errors') || name.endsWith('_warnings')) return 'errors'
  return PIN_NAME.test(name) ? 'pin_with_digit' : 'plain'
}

const SPECIAL_ENDS = Array.from('eEnNsS0123456789-_. ', (end) => end.charCodeAt(0))

const CODE_WORD = /(?:[cC][oO][dD][eE]|[pP][iI][nN])[sS]?/.source
/** In JSON: "PIN 1234", "the code is 1234". An unescaped quotation mark ends the text between the two. */
const SAYS_PIN = CODE_WORD + /(?:\\.|[^a-zA-Z0-9"\\]){0,6}(?:(?:is|was)[^a-zA-Z0-9"]{1,3})?\d/.source
/** An escape may spell anything in another way. */
const ESCAPE = /\\u/.source

/** Whether one of an event's texts may say a PIN. */
export const MAY_SAY_PIN = new RegExp(`${ESCAPE}|${SAYS_PIN}`)

/**
 * Whether an event's JSON may hold a PIN at all; most hold none, and are spared the scan: a name that may be one of the places, a number
 * as a name, a text that says a PIN, or an escape. One expression, 0.7 µs for 700 characters; a search for each name took 3 µs.
 */
export const MAY_HOLD_PIN = new RegExp(
  [
    `"(?:${[...BY_NAME.changes, ...BY_NAME.free_text, ...BY_NAME.side].join('|')})"`,
    /"\d[\d\s._/-]+"\s*:/.source,
    /_(?:errors|warnings)"/.source,
    ESCAPE,
    CODE_WORD + /[-_. ]?\d{0,4}"\s*:/.source,
    SAYS_PIN,
  ].join('|'),
)
