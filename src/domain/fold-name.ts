/** Longest name that is kept, in UTF-16 units; a btree can hold the bytes of so many. */
export const MAX_NAME_LENGTH = 400

/** What a name is searched and sorted by: without differences of case and of width, as `２０４` and `204`. */
export function foldName(name: string): string {
  return shortened(name.normalize('NFKC').toLowerCase())
}

/** The text in a form that Postgres can store: not too long, without NUL, and without half a surrogate pair. */
export function storableName(name: string): string {
  return shortened(name.replaceAll('\0', '\uFFFD'))
}

function shortened(text: string): string {
  return text.slice(0, MAX_NAME_LENGTH).toWellFormed()
}
