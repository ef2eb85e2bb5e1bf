/** Something that must not be so. */
export interface Finding {
  /** Which rules of the design it breaks, such as `I4, I5, I6`; `lab` when the laboratory itself failed. */
  rule: string
  what: string
}

/** So many findings of one rule are kept in full; the rest is only counted. */
const KEPT_OF_A_RULE = 5

/** What a round has found wrong. The same thing is noted once, however often it is seen. */
export class Findings {
  readonly #seen = new Set<string>()
  readonly #kept: Finding[] = []
  readonly #counts = new Map<string, number>()

  /** `key` tells whether it is the same thing; default: its text. */
  add(rule: string, what: string, key = what): void {
    if (this.#seen.has(`${rule} ${key}`)) return
    this.#seen.add(`${rule} ${key}`)
    const count = (this.#counts.get(rule) ?? 0) + 1
    this.#counts.set(rule, count)
    if (count <= KEPT_OF_A_RULE) this.#kept.push({ rule, what })
  }

  /** How many there are of a rule. */
  count(rule: string): number {
    return this.#counts.get(rule) ?? 0
  }

  all(): Finding[] {
    const left = [...this.#counts].flatMap(([rule, count]) =>
      count > KEPT_OF_A_RULE ? [{ rule, what: `… and ${count - KEPT_OF_A_RULE} more like these` }] : [],
    )
    return [...this.#kept, ...left]
  }
}
