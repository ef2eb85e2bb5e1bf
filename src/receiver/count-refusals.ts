import type { Logger } from 'pino'
import { addRefused, type RefusalReason, type RefusedDeliveries } from '../domain/refused-deliveries.ts'
import { type StartTimer, startTimer } from '../runtime/start-timer.ts'

/** Counts refused deliveries by reason (I11). */
export interface Refusals {
  /** `skewSeconds`: how much older than now the signature was, where that is the reason. */
  count: (reason: RefusalReason, skewSeconds?: number) => void
  /** The counts that are not saved yet. */
  pending: () => RefusedDeliveries[]
  /** Saves what is left. */
  stop: () => Promise<void>
}

export interface CountRefusalsOptions {
  /** Adds to the counts that all replicas share. When it fails, the counts are kept and saved later. */
  save: (counted: readonly RefusedDeliveries[]) => Promise<void>
  logger: Logger
  nowMs?: () => number
  wait?: StartTimer
}

/** The first refusal after a quiet time is logged this soon, together with those that came in the meantime. */
const FIRST_AFTER_MS = 1_000
/** Later ones are logged at most this often: refused senders may come thousands of times a second, and must not make us write. */
const EVERY_MS = 60_000

/** Counts in memory; once a minute at most, the counts are logged and saved. */
export function countRefusals(options: CountRefusalsOptions): Refusals {
  const { save, logger, nowMs = () => Date.now(), wait = startTimer } = options
  let unlogged: RefusedDeliveries[] = []
  let counted: RefusedDeliveries[] = []
  let saving: RefusedDeliveries[] = []
  let cancel: (() => void) | null = null

  async function tell(): Promise<void> {
    if (counted.length === 0) return void (cancel = null)
    cancel = wait(EVERY_MS, () => void tell())
    if (unlogged.length > 0)
      logger.warn(
        { refused: unlogged.map(({ lastAt: _lastAt, ...each }) => each) },
        'deliveries were refused',
      )
    unlogged = []
    await write()
  }

  async function write(): Promise<void> {
    // The last counts are still being saved; these wait for the next time.
    if (saving.length > 0) return
    saving = counted
    counted = []
    try {
      await save(saving)
    } catch (error) {
      logger.debug({ error }, 'the counts of refused deliveries could not be written down yet')
      counted = addRefused(saving, counted)
    }
    saving = []
  }

  return {
    count: (reason, skewSeconds) => {
      const lastAt = new Date(nowMs()).toISOString()
      const one = [{ reason, deliveries: 1, worstSkewSeconds: skewSeconds ?? null, lastAt }]
      unlogged = addRefused(unlogged, one)
      counted = addRefused(counted, one)
      cancel ??= wait(FIRST_AFTER_MS, () => void tell())
    },
    pending: () => addRefused(saving, counted),
    stop: async () => {
      cancel?.()
      if (counted.length > 0) await tell()
      cancel?.()
    },
  }
}
