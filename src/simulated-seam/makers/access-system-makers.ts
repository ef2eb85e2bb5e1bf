import { problems } from './event-maker.ts'
import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

/** A kind of thing that events are about: the field that names it, and where the hotel keeps its ids. */
function about(
  field: string,
  list: 'entranceIds' | 'userIds' | 'credentialIds' | 'encoderIds' | 'accessGroupIds',
): (context: MakerContext) => Fields {
  return (context) => ({ ...system(context), [field]: context.random.pick(context.hotel.accessSystem[list]) })
}

export const accessSystemMakers: readonly EventMaker[] = [
  { types: ['acs_system.connected', 'acs_system.added'], weight: 2, fields: system },
  {
    types: ['acs_system.disconnected'],
    weight: 2,
    fields: (context) => ({
      ...system(context),
      ...problems(['acs_system', 'connected_account'], 'bridge_disconnected', context),
    }),
  },
  {
    types: [
      'acs_credential.issued',
      'acs_credential.reissued',
      'acs_credential.invalidated',
      'acs_credential.deleted',
    ],
    weight: 4,
    fields: about('acs_credential_id', 'credentialIds'),
  },
  { types: ['acs_user.created', 'acs_user.deleted'], weight: 3, fields: about('acs_user_id', 'userIds') },
  {
    types: ['acs_encoder.added', 'acs_encoder.removed'],
    weight: 1,
    fields: about('acs_encoder_id', 'encoderIds'),
  },
  {
    types: ['acs_entrance.added', 'acs_entrance.removed'],
    weight: 1,
    fields: about('acs_entrance_id', 'entranceIds'),
  },
  {
    types: ['acs_access_group.deleted'],
    weight: 1,
    fields: about('acs_access_group_id', 'accessGroupIds'),
  },
]

function system({ hotel, random }: MakerContext): Fields {
  const { accessSystem } = hotel
  return {
    acs_system_id: accessSystem.acsSystemId,
    ...(random.chance(0.8) && { connected_account_id: accessSystem.account.connectedAccountId }),
  }
}
