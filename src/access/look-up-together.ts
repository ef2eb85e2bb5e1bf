/** Finds what belongs to a name; null when there is nothing. */
export type LookUp<Found> = (name: string) => Promise<Found | null>

/** Most names in one query; the rest go into the next. */
const MAX_NAMES = 1_000

interface Waiting<Found> {
  name: string
  resolve: (found: Found | null) => void
  reject: (error: unknown) => void
}

/**
 * Looks names up in one query after another: names that come while a query runs share the next one, each of them once. However many
 * callers bring unknown keys, the database runs one query at a time, and a caller with a valid key waits for at most two. A query
 * always begins after its callers came, so a key that was revoked before is refused.
 */
export function lookUpTogether<Found>(
  read: (names: string[]) => Promise<ReadonlyMap<string, Found>>,
): LookUp<Found> {
  let waiting: Waiting<Found>[] = []
  let isAsking = false

  async function askForAll(): Promise<void> {
    isAsking = true
    while (waiting.length > 0) {
      const asked = waiting.slice(0, MAX_NAMES)
      waiting = waiting.slice(MAX_NAMES)
      try {
        const found = await read([...new Set(asked.map(({ name }) => name))])
        for (const { name, resolve } of asked) resolve(found.get(name) ?? null)
      } catch (error) {
        for (const { reject } of asked) reject(error)
      }
    }
    isAsking = false
  }

  return (name) =>
    new Promise((resolve, reject) => {
      waiting.push({ name, resolve, reject })
      if (!isAsking) void askForAll()
    })
}
