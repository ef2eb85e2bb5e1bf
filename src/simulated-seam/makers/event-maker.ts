import type { Device, Hotel } from '../hotel.ts'
import type { Micros } from '../instant.ts'
import type { Random } from '../random.ts'

export interface MakerContext {
  hotel: Hotel
  random: Random
  /** The event's created_at. */
  at: Micros
  /** The instant this many seconds after `at` (negative: before it), as text with as many digits as created_at. */
  instant: (seconds: number) => string
}

/**
 * One row of the table of events: types that share a shape, how often each of them happens compared with others, and
 * which fields they have besides the common ones (contract, section 12.6).
 */
export interface EventMaker {
  types: readonly string[]
  weight: number
  fields: (context: MakerContext, type: string) => Record<string, unknown>
}

/** The fields of every event about a device: the required ids and, sometimes, the optional ones. */
export function deviceFields(device: Device, { random }: MakerContext): Record<string, unknown> {
  const { account } = device
  return {
    device_id: device.deviceId,
    connected_account_id: account.connectedAccountId,
    ...(account.customerKey && random.chance(0.5) && { customer_key: account.customerKey }),
    ...customMetadata(device, random),
  }
}

export function customMetadata(device: Device, random: Random): Record<string, unknown> {
  if (random.chance(0.7)) return {}
  return {
    device_custom_metadata: device.customMetadata,
    connected_account_custom_metadata: device.account.customMetadata,
  }
}

/**
 * Makes the errors and warnings of the given owners: the owner `device` has `device_errors` and `device_warnings`. The
 * first owner gets one error, and the last sometimes a warning.
 */
export function problems(
  owners: readonly string[],
  code: string,
  context: MakerContext,
): Record<string, unknown> {
  const { random, instant } = context
  const created_at = instant(-random.integer(1, 600))
  const fields: Record<string, unknown> = {}
  for (const owner of owners) {
    fields[`${owner}_errors`] = []
    fields[`${owner}_warnings`] = []
  }
  fields[`${owners[0]}_errors`] = [
    { created_at, error_code: code, message: `Simulated problem: ${code.replaceAll('_', ' ')}.` },
  ]
  if (random.chance(0.3)) {
    fields[`${owners.at(-1)}_warnings`] = [
      { created_at, warning_code: 'partial_support', message: 'Not everything is supported.' },
    ]
  }
  return fields
}
