import { expect, test } from 'vitest'
import { type Workspace, decideClaim } from '../../src/workspaces/decide-claim.ts'

type Source = NonNullable<Workspace['learnedFrom']>
/** The known id of an entry, and its source; null for an entry that has none. */
type Known = [id: string, learnedFrom: Source] | null

const entry = (key: string, known: Known): Workspace => ({
  key,
  id: known?.[0] ?? null,
  learnedFrom: known?.[1] ?? null,
})

/** What becomes of a claim for `north`, by what is known of `north` and of `south`. */
const CASES: [north: Known, south: Known, claim: [id: string, from: Source], decision: string][] = [
  // Nothing is known of the entry: any source will do.
  [null, null, ['A', 'webhook'], 'accept'],
  [null, null, ['A', 'upstream'], 'accept'],
  [null, null, ['A', 'configured'], 'accept'],
  // The same id: a stronger source is recorded.
  [['A', 'webhook'], null, ['A', 'webhook'], 'keep A'],
  [['A', 'webhook'], null, ['A', 'upstream'], 'confirm'],
  [['A', 'webhook'], null, ['A', 'configured'], 'confirm'],
  [['A', 'upstream'], null, ['A', 'webhook'], 'keep A'],
  [['A', 'upstream'], null, ['A', 'upstream'], 'confirm'],
  [['A', 'upstream'], null, ['A', 'configured'], 'confirm'],
  [['A', 'configured'], null, ['A', 'webhook'], 'keep A'],
  [['A', 'configured'], null, ['A', 'upstream'], 'keep A'],
  [['A', 'configured'], null, ['A', 'configured'], 'keep A'],
  // Another id: a stronger source changes it, and Seam may correct itself.
  [['A', 'webhook'], null, ['B', 'webhook'], 'keep A'],
  [['A', 'webhook'], null, ['B', 'upstream'], 'accept before A'],
  [['A', 'webhook'], null, ['B', 'configured'], 'accept before A'],
  [['A', 'upstream'], null, ['B', 'webhook'], 'keep A'],
  [['A', 'upstream'], null, ['B', 'upstream'], 'accept before A'],
  [['A', 'upstream'], null, ['B', 'configured'], 'accept before A'],
  [['A', 'configured'], null, ['B', 'webhook'], 'keep A'],
  [['A', 'configured'], null, ['B', 'upstream'], 'keep A'],
  [['A', 'configured'], null, ['B', 'configured'], 'keep A'],
  // Another entry has the id: it loses it only when a webhook claimed it there and a stronger source claims it here.
  [null, ['A', 'webhook'], ['A', 'webhook'], 'taken by south'],
  [null, ['A', 'webhook'], ['A', 'upstream'], 'accept, south loses'],
  [null, ['A', 'webhook'], ['A', 'configured'], 'accept, south loses'],
  [null, ['A', 'upstream'], ['A', 'webhook'], 'taken by south'],
  [null, ['A', 'upstream'], ['A', 'upstream'], 'taken by south'],
  [null, ['A', 'upstream'], ['A', 'configured'], 'taken by south'],
  [null, ['A', 'configured'], ['A', 'upstream'], 'taken by south'],
  [null, ['A', 'configured'], ['A', 'configured'], 'taken by south'],
  [['B', 'webhook'], ['A', 'webhook'], ['A', 'upstream'], 'accept before B, south loses'],
  [['B', 'upstream'], ['A', 'upstream'], ['A', 'upstream'], 'taken by south'],
  // A claim that is too weak to change anything is no error, whoever has the id.
  [['B', 'configured'], ['A', 'upstream'], ['A', 'upstream'], 'keep B'],
  [['B', 'upstream'], ['A', 'webhook'], ['A', 'webhook'], 'keep B'],
]

test.each(CASES)('north is %j and south is %j: the claim %j for north is decided "%s"', (...row) => {
  const [north, south, [id, from], expected] = row
  const decision = decideClaim(entry('north', north), [entry('south', south)], { id, from })
  expect(describeDecision(decision)).toBe(expected)
})

function describeDecision(decision: ReturnType<typeof decideClaim>): string {
  switch (decision.kind) {
    case 'keep':
      return `keep ${decision.id}`
    case 'confirm':
      return 'confirm'
    case 'taken':
      return `taken by ${decision.owner}`
    case 'accept':
      return [
        decision.before === null ? 'accept' : `accept before ${decision.before}`,
        ...(decision.loser === null ? [] : [`${decision.loser} loses`]),
      ].join(', ')
  }
}
