/** Something that must not happen and did. */
export interface Finding {
  /** The rules that it breaks, such as `I4, I5, I6`, or `lab` when the laboratory itself failed. */
  rule: string
  what: string
}

/** This many findings of one rule are kept in full. Further ones are only counted. */
const KEPT_OF_A_RULE = 5

/** The findings of a round. The same finding is noted once, however often it is seen. */
export class Findings {
  readonly #seen = new Set<string>()
  readonly #kept: Finding[] = []
  readonly #counts = new Map<string, number>()

  /** Findings with the same `key` are the same finding. Default: the text. */
  add(rule: string, what: string, key = what): void {
    if (this.#seen.has(`${rule} ${key}`)) return
    this.#seen.add(`${rule} ${key}`)
    const count = (this.#counts.get(rule) ?? 0) + 1
    this.#counts.set(rule, count)
    if (count <= KEPT_OF_A_RULE) this.#kept.push({ rule, what })
  }

  /** The number of findings of a rule. */
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
