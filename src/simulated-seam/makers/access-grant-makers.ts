import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

export const accessGrantMakers: readonly EventMaker[] = [
  {
    types: ['access_grant.created', 'access_grant.access_granted_to_all_doors', 'access_grant.deleted'],
    weight: 4,
    fields: grant,
  },
  {
    types: ['access_grant.access_granted_to_door', 'access_grant.access_to_door_lost'],
    weight: 4,
    fields: (context) => ({
      ...grant(context),
      acs_entrance_id: context.random.pick(context.hotel.accessSystem.entranceIds),
    }),
  },
  { types: ['access_grant.access_times_changed'], weight: 2, fields: timesChanged },
  { types: ['access_grant.could_not_create_requested_access_methods'], weight: 1, fields: couldNotCreate },
  {
    types: ['access_method.issued', 'access_method.reissued'],
    weight: 4,
    fields: (context) => ({ ...method(context), ...pin(context) }),
  },
  {
    types: [
      'access_method.created',
      'access_method.revoked',
      'access_method.deleted',
      'access_method.card_encoding_required',
      'access_method.delay_in_issuing',
      'access_method.failed_to_issue',
    ],
    weight: 2,
    fields: method,
  },
]

function grant({ hotel, random }: MakerContext): Fields {
  return { access_grant_id: random.pick(hotel.accessGrants).accessGrantId }
}

function timesChanged({ hotel, random, instant }: MakerContext): Fields {
  const changed = random.pick(hotel.accessGrants)
  return {
    access_grant_id: changed.accessGrantId,
    access_grant_key: changed.accessGrantKey,
    starts_at: instant(3600),
    ends_at: instant(3600 * 72),
  }
}

function couldNotCreate(context: MakerContext): Fields {
  const { hotel, random } = context
  return {
    ...grant(context),
    error_message: 'No space left for another code on one of the locks.',
    ...(random.chance(0.5) && { missing_device_ids: [random.pick(hotel.locks).deviceId] }),
  }
}

function method({ hotel, random }: MakerContext): Fields {
  const granted = random.pick(hotel.accessGrants)
  return {
    access_method_id: random.pick(granted.accessMethodIds),
    access_grant_ids: [granted.accessGrantId],
    ...(random.chance(0.5) && { access_grant_keys: [granted.accessGrantKey] }),
  }
}

function pin({ random }: MakerContext): Fields {
  return random.chance(0.7) ? { code: random.pin(), is_backup_code: random.chance(0.1) } : {}
}
