import { buildAccessCode } from '../build-hotel.ts'
import type { AccessCode } from '../hotel.ts'
import { customMetadata, problems } from './event-maker.ts'
import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

export const accessCodeMakers: readonly EventMaker[] = [
  { types: ['access_code.created', 'access_code.unmanaged.created'], weight: 12, fields: created },
  {
    types: ['access_code.scheduled_on_device', 'access_code.set_on_device'],
    weight: 14,
    fields: (context) => aboutSome(context, (used) => ({ code: used.code })),
  },
  { types: ['access_code.removed_from_device'], weight: 10, fields: (context) => aboutSome(context) },
  { types: ['access_code.deleted'], weight: 8, fields: deleted },
  { types: ['access_code.changed'], weight: 6, fields: changed },
  { types: ['access_code.code_changed'], weight: 4, fields: codeChanged },
  { types: ['access_code.name_changed'], weight: 4, fields: nameChanged },
  { types: ['access_code.time_frame_changed'], weight: 4, fields: timeFrameChanged },
  { types: ['access_code.mutations_requested'], weight: 4, fields: mutationsRequested },
  {
    types: [
      'access_code.modified_external_to_seam',
      'access_code.deleted_external_to_seam',
      'access_code.unmanaged.converted_to_managed',
      'access_code.unmanaged.removed',
    ],
    weight: 1,
    fields: (context) => aboutSome(context),
  },
  {
    types: ['access_code.backup_access_code_pulled'],
    weight: 1,
    fields: (context) => aboutSome(context, () => ({ backup_access_code_id: context.random.uuid() })),
  },
  {
    types: [
      'access_code.delay_in_setting_on_device',
      'access_code.failed_to_set_on_device',
      'access_code.delay_in_removing_from_device',
      'access_code.failed_to_remove_from_device',
      'access_code.unmanaged.failed_to_convert_to_managed',
      // The types from here on are not in the public documentation (contract, section 12.6).
      'access_code.delay_in_issuing',
      'access_code.failed_to_issue',
      'access_code.failed_to_update',
      'access_code.failed_to_expire',
    ],
    weight: 1,
    fields: (context, type) =>
      aboutSome(context, () =>
        problems(['access_code', 'device', 'connected_account'], type.split('.').at(-1) ?? type, context),
      ),
  },
  {
    types: ['access_code.issued'],
    weight: 1,
    fields: (context) => aboutSome(context, (used) => ({ code: used.code })),
  },
]

function about(used: AccessCode, { random }: MakerContext): Fields {
  return {
    access_code_id: used.accessCodeId,
    device_id: used.lock.deviceId,
    connected_account_id: used.lock.account.connectedAccountId,
    ...customMetadata(used.lock, random),
  }
}

function aboutSome(context: MakerContext, more: (used: AccessCode) => Fields = () => ({})): Fields {
  const used = context.random.pick(context.hotel.accessCodes)
  return { ...about(used, context), ...more(used) }
}

/** A new code takes the place of another, so that the hotel never fills up. */
function created(context: MakerContext, type: string): Fields {
  const { hotel, random } = context
  const place = random.integer(0, hotel.accessCodes.length - 1)
  const fresh = buildAccessCode(hotel.locks, random.integer(0, 999), random)
  fresh.isManaged = type === 'access_code.created'
  hotel.accessCodes[place] = fresh
  return about(fresh, context)
}

/** `code` may be null here (contract, section 12.4). */
function deleted(context: MakerContext): Fields {
  return aboutSome(context, (used) => ({ code: context.random.chance(0.2) ? null : used.code }))
}

function changed(context: MakerContext): Fields {
  const { random, instant } = context
  return aboutSome(context, (used) => {
    const to = random.pin()
    const property = random.pick([
      { property: 'code', from: used.code, to },
      { property: 'ends_at', from: instant(3600), to: instant(7200) },
    ])
    if (property.property === 'code') used.code = to
    return random.chance(0.8)
      ? { change_reason: 'modified_by_user', changed_properties: [property] }
      : { change_reason: 'modified_by_user' }
  })
}

function codeChanged(context: MakerContext): Fields {
  return aboutSome(context, (used) => {
    const from = { code: used.code }
    used.code = context.random.pin()
    return { from, to: { code: used.code }, description: 'The PIN code was changed.' }
  })
}

function nameChanged(context: MakerContext): Fields {
  return aboutSome(context, (used) => {
    const from = { name: used.name }
    used.name = `Guest ${context.random.integer(1, 999)}`
    return { from, to: { name: used.name }, description: 'The name was changed.' }
  })
}

function timeFrameChanged(context: MakerContext): Fields {
  const { instant, random } = context
  const starts_at = instant(3600)
  return aboutSome(context, () => ({
    from: { starts_at, ends_at: instant(3600 * 24) },
    to: { starts_at, ends_at: random.chance(0.2) ? null : instant(3600 * 48) },
    description: 'The time frame was changed.',
  }))
}

function mutationsRequested(context: MakerContext): Fields {
  const { random } = context
  return aboutSome(context, (used) => ({
    requested_mutations: random.pick([
      [{ mutation_code: 'updating_code', from: { code: used.code }, to: { code: random.pin() } }],
      [{ mutation_code: 'updating_name', from: { name: used.name }, to: { name: 'Late Guest' } }],
      [{ mutation_code: 'creating' }],
      [{ mutation_code: 'deleting' }],
    ]),
  }))
}
