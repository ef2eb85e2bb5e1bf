import { MASK } from './event-secrets.ts'

const MASKED: unknown = JSON.parse(MASK)

/**
 * Whether two JSON texts say the same: the order of members, white space and spelling of numbers and texts do not count, because
 * the webhook and the list may well print one event in two ways. A mask may stand for anything: what was there is not known.
 */
export function isSameEvent(one: string, other: string): boolean {
  return one === other || isSame(JSON.parse(one), JSON.parse(other))
}

/** With a stack of its own: JSON is nested as deep as its sender likes. */
function isSame(a: unknown, b: unknown): boolean {
  const pairs: [unknown, unknown][] = [[a, b]]
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [one, other] = pair
    if (one === other || one === MASKED || other === MASKED) continue
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
    if (Array.isArray(one) !== Array.isArray(other)) return false
    const names = Object.keys(one)
    if (!hasSameNames(names, other)) return false
    for (const name of names.filter((each) => Object.hasOwn(other, each)))
      pairs.push([(one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]])
  }
  return true
}

/** A name that is masked may be any name, so then only those that are the same on both sides are compared. */
function hasSameNames(names: readonly string[], other: object): boolean {
  const isMasked = names.includes(MASKED as string) || Object.hasOwn(other, MASKED as string)
  return (
    isMasked ||
    (names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name)))
  )
}
