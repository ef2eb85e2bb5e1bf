import { deliver, type DeliveryOptions } from '../support/sign-delivery.ts'
import { OLD_SECRET } from './keys.ts'
import type { Rig } from './rig.ts'

/** Sends one delivery of the laboratory's own, with a valid signature by default. Returns the status; 0 when there is no answer. */
export function sendDelivery(
  { balancer }: Rig,
  event: Record<string, unknown> | string,
  signing: Pick<DeliveryOptions, 'secret' | 'signedAt'> = {},
): Promise<number> {
  return deliver(balancer.url, event, { secret: OLD_SECRET, ...signing }).then(
    ({ status }) => status,
    () => 0,
  )
}

export function isTaken(status: number): boolean {
  return status >= 200 && status < 300
}
