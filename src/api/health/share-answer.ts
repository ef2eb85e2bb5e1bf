/**
 * Asks at most once at a time and once in `maxAgeMs`; all callers share the answer, or the error. This keeps requests that need no key
 * and no signature from keeping the database busy.
 */
export function shareAnswer<Answer>(
  ask: () => Promise<Answer>,
  { maxAgeMs, monotonicMs }: { maxAgeMs: number; monotonicMs: () => number },
): () => Promise<Answer> {
  let shared: Promise<Answer> | null = null
  let isAsking = false
  let answeredAtMs = 0
  const askNow = async (): Promise<Answer> => {
    isAsking = true
    try {
      return await ask()
    } finally {
      isAsking = false
      answeredAtMs = monotonicMs()
    }
  }
  return () => {
    if (shared === null || (!isAsking && monotonicMs() - answeredAtMs >= maxAgeMs)) shared = askNow()
    return shared
  }
}
