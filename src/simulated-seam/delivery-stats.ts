export interface DeliveryStats {
  /** Attempts that were sent. */
  sent: number
  /** Deliveries that were answered 2xx. */
  succeeded: number
  /** Attempts that were not answered 2xx. */
  failed: number
  /** Retries: all attempts of a delivery but the first. */
  retried: number
  /** Deliveries that were never sent (`dropRate`), or given up because their endpoint was removed. */
  dropped: number
  /** Extra deliveries, made because of `duplicateRate`. */
  duplicated: number
  /** Deliveries that failed eight times. */
  exhausted: number
  /** Deliveries under way: queued, held back by a fault, or waiting for a retry. */
  pending: number
}

export function noDeliveries(): DeliveryStats {
  return { sent: 0, succeeded: 0, failed: 0, retried: 0, dropped: 0, duplicated: 0, exhausted: 0, pending: 0 }
}
