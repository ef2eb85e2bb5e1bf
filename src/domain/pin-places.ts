/*
 * The member names under which a door PIN may stand in an event: those of contract 12.4, and those that other vendors and our users
 * give to the same thing.
 */

/** What a member's name says about its value. */
export type Place =
  /** A PIN, whatever it looks like. */
  | 'pin'
  /** The name is like a PIN's (`door_code`, `guestPin`): the value is a PIN if it has a digit. */
  | 'pin_with_digit'
  /** A record of changes: the values of `from` and `to` below it are taken out whole. */
  | 'changes'
  /** A sentence in which a PIN may stand. */
  | 'free_text'
  /** `*_errors`, `*_warnings`: the texts below them are sentences. */
  | 'errors'
  /** `from`, `to`: a value that is no object or array is treated as a change. */
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

/** What kind of place a member of this name is. */
export function placeOf(name: string): Place {
  const known = PLACES.get(name)
  if (known !== undefined) return known
  // Most names (`device_id`, `created_at`) end with none of these characters and need no closer look.
  if (!SPECIAL_ENDS.includes(name.charCodeAt(name.length - 1))) return 'plain'
  if (name.endsWith('_errors') || name.endsWith('_warnings')) return 'errors'
  return PIN_NAME.test(name) ? 'pin_with_digit' : 'plain'
}

const SPECIAL_ENDS = Array.from('eEnNsS0123456789-_. ', (end) => end.charCodeAt(0))

const CODE_WORD = /(?:[cC][oO][dD][eE]|[pP][iI][nN])[sS]?/.source
/** Matches "PIN 1234" and "the code is 1234" in JSON. Word and digits must stand in one text, without an unescaped quotation mark between them. */
const SAYS_PIN = CODE_WORD + /(?:\\.|[^a-zA-Z0-9"\\]){0,6}(?:(?:is|was)[^a-zA-Z0-9"]{1,3})?\d/.source
/** An escape may spell any character, so a text with one may hold anything. */
const ESCAPE = /\\u/.source

/** Whether one of an event's texts may say a PIN. */
export const MAY_SAY_PIN = new RegExp(`${ESCAPE}|${SAYS_PIN}`)

/**
 * Whether an event's JSON may hold a PIN at all: it has a name of one of the places, a number as a name, a text that says a PIN, or an
 * escape. Most events have none of these and are spared the scan. It is one expression because that takes 0.7 µs for 700 characters,
 * where a search for each name took 3 µs.
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
