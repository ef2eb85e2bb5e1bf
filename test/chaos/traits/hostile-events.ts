import { formatInstant, microsFromMillis } from '../../../src/domain/instant.ts'
import type { Random } from '../../../src/simulated-seam/random.ts'
import type { NewEvent } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from '../rig.ts'
import { isTaken, sendDelivery } from '../send-delivery.ts'
import type { Trait } from '../trait.ts'
import { BROKEN_FORMS, PIN_FORMS } from './pin-forms.ts'

/** The length of the filler. With up to 12 KB of other JSON, such an event is as long as a webhook may be. */
const HUGE_CHARACTERS = 250_000
/** Together these have 70 MB, which is more than any answer that is read. */
const HUGE_AT_ONCE = 280

/** Traits with events that are made to do harm. They are pushed and listed. */
export const HOSTILE_TRAITS: readonly Trait[] = [
  {
    name: 'costly-events',
    threatens: 'E7, I12',
    chance: 0.15,
    during: { chance: 0.03, act: (rig, random) => plant(rig, random, costly(random)) },
  },
  {
    name: 'odd-dates',
    threatens: 'E11, E12, I5',
    chance: 0.2,
    during: { chance: 0.05, act: plantOddDate },
  },
  {
    name: 'overlong-values',
    threatens: 'E15, I5, I11',
    chance: 0.2,
    during: { chance: 0.05, act: plantOverlong },
  },
  {
    name: 'huge-events',
    threatens: 'E16, I5, I12',
    chance: 0.06,
    begin: ({ seam }) => void seam.add(Array.from({ length: HUGE_AT_ONCE }, huge)),
    during: { chance: 0.02, act: (rig, random) => plant(rig, random, huge()) },
    // Huge events share one instant. With short pages, such an instant is hard to list: see shuffled-instants.
    excludes: ['shuffled-instants', 'gateway-cuts-off-long-answers'],
  },
  {
    name: 'conflicting-events',
    threatens: 'E17, I3, I11',
    chance: 0.2,
    during: { chance: 0.05, act: plantConflict },
  },
  {
    name: 'planted-pins',
    threatens: 'E10, E20, I9',
    chance: 0.4,
    during: { chance: 0.15, act: plantPin },
  },
  {
    name: 'broken-deliveries-with-pins',
    threatens: 'E20, I9, I11',
    chance: 0.2,
    during: { chance: 0.05, act: sendBroken },
  },
]

function plant({ seam, ledger }: Rig, random: Random, event: NewEvent, isPushed = random.chance(0.5)): void {
  const [added] = seam.add([event], { push: isPushed })
  if (added !== undefined) ledger.planted.odd.add(added.event_id)
}

/** Makes an event in which a search for each code in each text would take seconds. */
function costly(random: Random): NewEvent {
  const count = random.pick([3500, 12_000])
  return {
    event_type: 'access_code.set_on_device',
    code: Array.from({ length: count }, (_, i) => `${1000 + i}`),
    t: Array.from({ length: count }, () => 'a'),
  }
}

function huge(): NewEvent {
  return { event_type: 'device.connected', note: 'long '.repeat(HUGE_CHARACTERS / 5) }
}

function plantOddDate({ seam, seamNow, ledger }: Rig, random: Random): void {
  const now = formatInstant(microsFromMillis(seamNow()))
  const far = { created_at: random.pick(['9999-12-31T23:59:59.999Z', '9999-01-01T00:00:00+14:00']) }
  const long = { created_at: '0001-06-01T00:00:00Z' }
  const [date = '', time = ''] = now.split('T')
  const spelled = { created_at: `${date} ${time}`, code: now.slice(0, 4) }
  const event = random.pick([far, long, spelled])
  const options = { push: random.chance(0.7), visibleAtMs: -Infinity }
  for (const { event_id: id } of seam.add([{ event_type: 'lock.locked', ...event }], options)) {
    if (event === long) ledger.planted.outOfReach.add(id)
    ledger.planted.odd.add(id)
  }
}

function plantOverlong(rig: Rig, random: Random): void {
  const overlong: NewEvent = random.pick([
    { customer_key: '鍵'.repeat(950) },
    { customer_key: 'k'.repeat(3000) },
    { event_type: `lock.${'x'.repeat(300)}` },
    { event_type: 'lock.locked', device_id: 'no uuid', connected_account_id: { not: 'text' } },
    { access_grant_ids: Array.from({ length: 12_000 }, () => random.uuid()) },
  ])
  // A webhook has 256 KiB at most.
  const isPushed = overlong.access_grant_ids === undefined && random.chance(0.5)
  plant(rig, random, { event_type: 'lock.unlocked', ...overlong }, isPushed)
}

/** Lists an event with one body and pushes it with another. The first one that arrives is stored, and the other one goes to quarantine. */
async function plantConflict(rig: Rig, random: Random): Promise<void> {
  const { otherBodies, quarantined } = rig.ledger.planted
  const [listed] = rig.seam.add([{}])
  if (listed === undefined) return
  const other = { ...listed, said_otherwise: random.uuid() }
  otherBodies.set(listed.event_id, other)
  if (isTaken(await sendDelivery(rig, other)))
    quarantined.push({ reason: 'conflicting_event', marker: listed.event_id })
}

function plantPin(rig: Rig, random: Random): void {
  const [name, form] = random.pick(Object.entries(PIN_FORMS))
  const { fields, spelled } = form(newPin(random))
  rig.ledger.planted.pins.set(spelled, name)
  plant(rig, random, { event_type: 'access_code.changed', ...fields })
}

async function sendBroken(rig: Rig, random: Random): Promise<void> {
  const { pins, quarantined } = rig.ledger.planted
  const [name, form] = random.pick(Object.entries(BROKEN_FORMS))
  const [pin, marker] = [newPin(random), random.uuid()]
  pins.set(pin, name)
  pins.set(pin.split('').join('-'), name)
  if (!isTaken(await sendDelivery(rig, form(pin, marker)))) return
  quarantined.push({ reason: name === 'a text' ? 'not_an_object' : 'not_json', marker })
}

/** Makes a PIN of eight digits, because nothing else in a database looks like that. */
function newPin(random: Random): string {
  return String(random.integer(80_000_000, 99_999_999))
}
