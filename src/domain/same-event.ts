import { MASK } from './event-secrets.ts'

const MASKED: unknown = JSON.parse(MASK)

/**
 * Whether two JSON texts mean the same. The order of members, white space and the spelling of numbers and texts do not count, because
 * the webhook and the list may print one event in two ways. A mask equals anything, because nobody knows what it stands for.
 */
export function isSameEvent(one: string, other: string): boolean {
  return one === other || isSame(JSON.parse(one), JSON.parse(other))
}

/** Uses a stack of its own instead of recursion, because the sender chooses how deep the JSON is nested. */
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

/** A masked name may stand for any name. Where there is one, only the names that both sides have are compared. */
function hasSameNames(names: readonly string[], other: object): boolean {
  const isMasked = names.includes(MASKED as string) || Object.hasOwn(other, MASKED as string)
  return (
    isMasked ||
    (names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name)))
  )
}
