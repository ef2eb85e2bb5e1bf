import type { AccessCode } from '../hotel.ts'
import { customMetadata, deviceFields } from './event-maker.ts'
import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

/** The ways to use a door. Each makes the fields of its event. */
const unlocks: readonly ((context: MakerContext) => Fields)[] = [
  withKeycode,
  withKeycode,
  withKeycode,
  (context) => byHand(context, 'manual'),
  remotely,
  byPhone,
  atEntrance,
]
const locks: readonly ((context: MakerContext) => Fields)[] = [
  (context) => byHand(context, 'automatic'),
  (context) => byHand(context, 'automatic'),
  (context) => byHand(context, 'manual'),
  (context) => byHand(context, 'unknown'),
  withKeycode,
  remotely,
]

export const lockMakers: readonly EventMaker[] = [
  { types: ['lock.unlocked'], weight: 240, fields: (context) => context.random.pick(unlocks)(context) },
  { types: ['lock.locked'], weight: 220, fields: (context) => context.random.pick(locks)(context) },
  { types: ['lock.access_denied'], weight: 6, fields: denied },
]

function withKeycode(context: MakerContext): Fields {
  const used = context.random.pick(context.hotel.accessCodes)
  return { ...deviceFields(used.lock, context), method: 'keycode', ...codeFields(used, context) }
}

/** Only some of the events have the PIN (contract, section 12.4: optional). */
function codeFields(used: AccessCode, { random }: MakerContext): Fields {
  return {
    access_code_id: used.accessCodeId,
    access_code_is_managed: used.isManaged,
    ...(random.chance(0.6) && { code: used.code }),
  }
}

function byHand(context: MakerContext, method: string): Fields {
  return { ...deviceFields(context.random.pick(context.hotel.locks), context), method }
}

function remotely(context: MakerContext): Fields {
  return { ...byHand(context, 'remote'), action_attempt_id: context.random.uuid() }
}

function byPhone(context: MakerContext): Fields {
  const { hotel, random } = context
  return {
    ...byHand(context, 'unknown'),
    ...(random.chance(0.5) ? { is_via_bluetooth: true } : { is_via_nfc: true }),
    user_identity_id: random.pick(hotel.userIdentityIds),
  }
}

/** An entrance of an access system has no device (contract, section 12.2). */
function atEntrance(context: MakerContext): Fields {
  return { ...entranceFields(context), method: 'card' }
}

function entranceFields({ hotel, random }: MakerContext): Fields {
  const { accessSystem } = hotel
  return {
    connected_account_id: accessSystem.account.connectedAccountId,
    acs_system_id: accessSystem.acsSystemId,
    acs_entrance_id: random.pick(accessSystem.entranceIds),
    acs_user_id: random.pick(accessSystem.userIds),
  }
}

function denied(context: MakerContext): Fields {
  const { hotel, random } = context
  if (random.chance(0.4)) {
    const reason = { reason_code: 'credential_error', message: 'The card was not accepted.' }
    return { ...entranceFields(context), reason }
  }
  const lock = random.pick(hotel.locks)
  const reason_code = random.pick(['unknown_code', 'expired_code', 'too_many_attempts'])
  return {
    device_id: lock.deviceId,
    connected_account_id: lock.account.connectedAccountId,
    ...customMetadata(lock, random),
    ...(random.chance(0.7) && { reason: { reason_code, message: 'The code was not accepted.' } }),
  }
}
