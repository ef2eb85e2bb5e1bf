/**
 * The elements of the array under `key` of a JSON object, each as the exact text it has there; null when there is no such
 * array. `JSON.parse` and `JSON.stringify` would rewrite numbers (`21.50`, ids beyond 2^53) and reorder keys like `"10"`.
 *
 * The text must have been accepted by JSON.parse before: this only looks for boundaries.
 */
export function sliceArray(json: string, key: string): string[] | null {
  let found: string[] | null = null
  forEachMember(json, json.indexOf('{') + 1, (name, start) => {
    // The last of duplicate keys counts, as in JSON.parse.
    if (name === key) found = json[start] === '[' ? elementsAt(json, start + 1) : null
  })
  return found
}

function forEachMember(json: string, from: number, visit: (name: string, valueStart: number) => void): void {
  let at = skipSpace(json, from)
  while (json[at] === '"') {
    const nameEnd = skipString(json, at)
    const name = JSON.parse(json.slice(at, nameEnd)) as string
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1)
    visit(name, start)
    at = skipSpace(json, skipValue(json, start))
    if (json[at] === ',') at = skipSpace(json, at + 1)
  }
}

function elementsAt(json: string, from: number): string[] {
  const elements: string[] = []
  let at = skipSpace(json, from)
  while (at < json.length && json[at] !== ']') {
    const end = skipValue(json, at)
    elements.push(json.slice(at, end).trimEnd())
    at = skipSpace(json, end)
    if (json[at] === ',') at = skipSpace(json, at + 1)
  }
  return elements
}

/** The position after the value that begins at `from`: where the depth is back and a separator follows. */
function skipValue(json: string, from: number): number {
  let depth = 0
  for (let at = from; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22: // "
        at = skipString(json, at) - 1
        break
      case 0x5b: // [
      case 0x7b: // {
        depth += 1
        break
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === 0) return at
        depth -= 1
        if (depth === 0) return at + 1
        break
      case 0x2c: // ,
        if (depth === 0) return at
        break
      default:
    }
  }
  return json.length
}

/** The position after the string whose opening quote is at `from`. */
function skipString(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let backslashes = 0
    while (json[at - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return at + 1
  }
  return json.length
}

function skipSpace(json: string, from: number): number {
  let at = from
  while (at < json.length && json.charCodeAt(at) <= 0x20) at += 1
  return at
}
