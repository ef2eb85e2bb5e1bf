/*
 * Finds values inside JSON text without parsing and printing it, so that the text around them stays as it is (I7). These functions only
 * look for boundaries, so the text must have been accepted by JSON.parse before.
 */

/** Where a value stands: `json.slice(start, end)` is its text. */
export interface Span {
  start: number
  end: number
}

export interface Member extends Span {
  name: string
  nameStart: number
  nameEnd: number
}

/** The members of the object whose opening brace is at `at`; none when something else is there. */
export function membersAt(json: string, at: number): Member[] {
  if (json[at] !== '{') return []
  const members: Member[] = []
  let next = skipSpace(json, at + 1)
  while (json[next] === '"') {
    const nameEnd = skipString(json, next)
    const name = stringAt(json, next, nameEnd)
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1)
    const end = skipValue(json, start)
    members.push({ name, nameStart: next, nameEnd, start, end })
    next = skipSeparator(json, end)
  }
  return members
}

/** The value of the string token from `start` to `end`. */
export function stringAt(json: string, start: number, end: number): string {
  const inner = json.slice(start + 1, end - 1)
  return inner.includes('\\') ? (JSON.parse(json.slice(start, end)) as string) : inner
}

/** The elements of the array whose opening bracket is at `at`; none when something else is there. */
export function elementsAt(json: string, at: number): Span[] {
  if (json[at] !== '[') return []
  const elements: Span[] = []
  let start = skipSpace(json, at + 1)
  while (start < json.length && json[start] !== ']') {
    const end = skipValue(json, start)
    elements.push({ start, end })
    start = skipSeparator(json, end)
  }
  return elements
}

/** The position of the first character that is not white space. */
export function skipSpace(json: string, from: number): number {
  let at = from
  while (at < json.length && json.charCodeAt(at) <= 0x20) at += 1
  return at
}

export function skipSeparator(json: string, from: number): number {
  const at = skipSpace(json, from)
  return json[at] === ',' ? skipSpace(json, at + 1) : at
}

/** The position after the value that begins at `from`. */
export function skipValue(json: string, from: number): number {
  let depth = 0
  for (let at = from; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22: // "
        at = skipString(json, at) - 1
        if (depth === 0) return at + 1
        break
      case 0x5b: // [
      case 0x7b: // {
        depth += 1
        break
      case 0x5d: // ]
      case 0x7d: // }
        if (depth <= 1) return depth === 0 ? at : at + 1
        depth -= 1
        break
      case 0x09: // white space and a comma end a number or a word
      case 0x0a:
      case 0x0d:
      case 0x20:
      case 0x2c:
        if (depth === 0) return at
        break
      default:
    }
  }
  return json.length
}

/** The position after the string whose opening quote is at `from`. */
export function skipString(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let backslashes = 0
    while (json[at - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return at + 1
  }
  return json.length
}
