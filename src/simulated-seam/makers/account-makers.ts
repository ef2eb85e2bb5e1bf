import { buildClientSession } from '../build-hotel.ts'
import { problems } from './event-maker.ts'
import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

const attempts = [
  'action_attempt.lock_door',
  'action_attempt.unlock_door',
  'action_attempt.simulate_keypad_code_entry',
  'action_attempt.simulate_manual_lock_via_keypad',
]

/** Makers of events about accounts, logins, action attempts, spaces and sessions. */
export const accountMakers: readonly EventMaker[] = [
  {
    types: [
      'connected_account.completed_first_sync',
      'connected_account.completed_first_sync_after_reconnection',
    ],
    weight: 2,
    fields: ({ hotel, random }) => ({ connected_account_id: random.pick(hotel.accounts).connectedAccountId }),
  },
  {
    types: [
      'connected_account.created',
      'connected_account.connected',
      'connected_account.successful_login',
      'connect_webview.login_succeeded',
    ],
    weight: 2,
    fields: login,
  },
  {
    types: ['connect_webview.login_failed'],
    weight: 1,
    fields: ({ hotel, random }) => ({ connect_webview_id: random.pick(hotel.accounts).connectWebviewId }),
  },
  {
    types: ['connected_account.disconnected', 'connected_account.reauthorization_requested'],
    weight: 2,
    fields: loggedOut,
  },
  { types: ['connected_account.deleted'], weight: 1, fields: accountDeleted },
  { types: attempts.map((attempt) => `${attempt}.succeeded`), weight: 6, fields: attempted },
  { types: attempts.map((attempt) => `${attempt}.failed`), weight: 1, fields: attempted },
  {
    types: ['space.created', 'space.device_membership_changed', 'space.deleted'],
    weight: 1,
    fields: space,
  },
  { types: ['client_session.deleted'], weight: 1, fields: sessionDeleted },
  {
    types: ['enrollment_automation.deleted'],
    weight: 1,
    fields: ({ random }) => ({ enrollment_automation_id: random.uuid() }),
  },
]

/** Only some of these types have a `customer_key` (contract, section 12.6). */
function login({ hotel, random }: MakerContext, type: string): Fields {
  const { connectWebviewId, connectedAccountId, customerKey } = random.pick(hotel.accounts)
  const mayHaveKey = ['connected_account.connected', 'connect_webview.login_succeeded'].includes(type)
  return {
    connect_webview_id: connectWebviewId,
    connected_account_id: connectedAccountId,
    ...(mayHaveKey && customerKey && { customer_key: customerKey }),
  }
}

function loggedOut(context: MakerContext): Fields {
  const { connectedAccountId, customMetadata } = context.random.pick(context.hotel.accounts)
  return {
    connected_account_id: connectedAccountId,
    connected_account_custom_metadata: customMetadata,
    ...problems(['connected_account'], 'account_disconnected', context),
  }
}

function accountDeleted({ hotel, random }: MakerContext): Fields {
  const { connectedAccountId, provider, customerKey } = random.pick(hotel.accounts)
  return {
    connected_account_id: connectedAccountId,
    connected_account_type: provider,
    ...(customerKey && { customer_key: customerKey }),
  }
}

function attempted({ hotel, random }: MakerContext, type: string): Fields {
  const [, attempt = '', outcome] = type.split('.')
  const lock = random.pick(hotel.locks)
  return {
    action_attempt_id: random.uuid(),
    action_type: attempt.toUpperCase(),
    status: outcome === 'succeeded' ? 'success' : 'error',
    device_id: lock.deviceId,
    connected_account_id: lock.account.connectedAccountId,
  }
}

function space({ hotel, random }: MakerContext): Fields {
  const { spaceId, spaceKey, deviceIds, entranceIds } = random.pick(hotel.spaces)
  return {
    space_id: spaceId,
    device_ids: [...deviceIds],
    acs_entrance_ids: [...entranceIds],
    ...(random.chance(0.7) && { space_key: spaceKey }),
  }
}

/** Removes the oldest session. A new one replaces it, without an event (contract, section 12.5). */
function sessionDeleted({ hotel, random, at }: MakerContext): Fields {
  const gone = hotel.clientSessions.shift()
  hotel.clientSessions.push(buildClientSession(hotel, random.integer(0, 999), at, random))
  return { client_session_id: gone?.client_session_id ?? random.uuid() }
}
