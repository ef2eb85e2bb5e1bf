import { formatInstant } from './instant.ts'
import type { Micros } from './instant.ts'
import type { Hotel } from './hotel.ts'
import { accessCodeMakers } from './makers/access-code-makers.ts'
import { accessGrantMakers } from './makers/access-grant-makers.ts'
import { accessSystemMakers } from './makers/access-system-makers.ts'
import { accountMakers } from './makers/account-makers.ts'
import { deviceMakers } from './makers/device-makers.ts'
import type { EventMaker } from './makers/event-maker.ts'
import { lockMakers } from './makers/lock-makers.ts'
import { thermostatMakers } from './makers/thermostat-makers.ts'
import type { Random } from './random.ts'
import type { SeamEvent } from './seam-event.ts'

const makers: readonly EventMaker[] = [
  ...lockMakers,
  ...thermostatMakers,
  ...accessCodeMakers,
  ...deviceMakers,
  ...accountMakers,
  ...accessSystemMakers,
  ...accessGrantMakers,
]

const makerByType = new Map(makers.flatMap((maker) => maker.types.map((type) => [type, maker] as const)))
const totalWeight = sum([...makerByType.values()].map((maker) => maker.weight))

/** Every event type that can be made. */
export const simulatedEventTypes: readonly string[] = [...makerByType.keys()]

export interface MakeEventOptions {
  hotel: Hotel
  random: Random
  at: Micros
  precision: 'millis' | 'micros'
  /** Default: a random type, chosen by weight. */
  type?: string
}

/** Makes a realistic event whose created_at is `at`. It is about something in the hotel, and may change it. */
export function makeEvent({ hotel, random, at, precision, type }: MakeEventOptions): SeamEvent {
  const eventType = type ?? pickType(random)
  const maker = makerByType.get(eventType)
  if (!maker) throw new Error(`no maker for the event type ${eventType}; see the tables in makers/`)
  const instant = (seconds: number): string => formatInstant(at + seconds * 1_000_000, precision)
  return {
    event_id: random.uuid(),
    workspace_id: hotel.workspaceId,
    event_type: eventType,
    created_at: instant(0),
    occurred_at: formatInstant(at - lag(random), precision),
    ...(random.chance(0.1) && { event_description: `Simulated: ${eventType.replaceAll(/[._]/g, ' ')}.` }),
    ...maker.fields({ hotel, random, at, instant }, eventType),
  }
}

/** Microseconds from occurrence to creation: mostly under two seconds, sometimes over a minute (contract, 12.3). */
function lag(random: Random): number {
  return (random.chance(0.02) ? random.integer(2000, 70_000) : random.integer(0, 2000)) * 1000
}

function pickType(random: Random): string {
  let left = random.fraction() * totalWeight
  for (const [type, maker] of makerByType) {
    left -= maker.weight
    if (left < 0) return type
  }
  return 'lock.unlocked'
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
