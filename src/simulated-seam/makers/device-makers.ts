import type { Device } from '../hotel.ts'
import { deviceFields, problems } from './event-maker.ts'
import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

const owners = ['device', 'connected_account']

export const deviceMakers: readonly EventMaker[] = [
  { types: ['device.connected', 'device.connection_stabilized'], weight: 14, fields: plain },
  { types: ['device.disconnected'], weight: 10, fields: disconnected },
  { types: ['device.unmanaged.disconnected'], weight: 1, fields: disconnected },
  {
    types: ['device.connection_became_flaky'],
    weight: 6,
    fields: (context) => withProblems(context, 'flaky_connection'),
  },
  { types: ['device.battery_status_changed'], weight: 14, fields: battery },
  { types: ['device.low_battery'], weight: 8, fields: lowBattery },
  {
    types: [
      'device.added',
      'device.removed',
      'device.tampered',
      'device.converted_to_unmanaged',
      'device.unmanaged.converted_to_managed',
      'device.unmanaged.connected',
      'device.third_party_integration_detected',
      'device.third_party_integration_no_longer_detected',
      'device.salto.privacy_mode_activated',
      'device.salto.privacy_mode_deactivated',
      'device.error.subscription_required.resolved',
      'device.accessory_keypad_connected',
    ],
    weight: 1,
    fields: plain,
  },
  {
    types: ['device.error.subscription_required', 'device.accessory_keypad_disconnected'],
    weight: 1,
    fields: (context, type) => withProblems(context, type.split('.').at(-1) ?? type),
  },
  { types: ['device.deleted', 'device.name_changed'], weight: 2, fields: named },
  { types: ['device.doorbell_rang'], weight: 8, fields: rang },
  { types: ['camera.activated'], weight: 12, fields: cameraActivated },
  { types: ['noise_sensor.noise_threshold_triggered'], weight: 8, fields: noisy },
  {
    types: ['phone.deactivated'],
    weight: 1,
    fields: ({ hotel, random }) => ({ device_id: random.pick(hotel.phoneIds) }),
  },
]

function someDevice({ hotel, random }: MakerContext): Device {
  return random.pick(hotel.devices)
}

function plain(context: MakerContext): Fields {
  return deviceFields(someDevice(context), context)
}

function withProblems(context: MakerContext, code: string): Fields {
  return { ...plain(context), ...problems(owners, code, context) }
}

function disconnected(context: MakerContext): Fields {
  const error_code = context.random.pick(['account_disconnected', 'hub_disconnected', 'device_disconnected'])
  return { ...withProblems(context, error_code), error_code }
}

/** A battery loses a few percent with each event and is changed when it is nearly empty. */
function drained(device: Device, { random }: MakerContext): number {
  const left = device.batteryLevel - random.integer(1, 4) / 100
  device.batteryLevel = left < 0.03 ? 1 : Math.round(left * 100) / 100
  return device.batteryLevel
}

function battery(context: MakerContext): Fields {
  const lock = context.random.pick(context.hotel.locks)
  const battery_level = drained(lock, context)
  const statuses = ['critical', 'low', 'good', 'full'] as const
  const battery_status = statuses[[0.1, 0.3, 0.9].filter((bound) => battery_level > bound).length]
  return { ...deviceFields(lock, context), battery_level, battery_status }
}

function lowBattery(context: MakerContext): Fields {
  const lock = context.random.pick(context.hotel.locks)
  return { ...deviceFields(lock, context), battery_level: context.random.integer(3, 19) / 100 }
}

function named(context: MakerContext): Fields {
  const device = someDevice(context)
  return { ...deviceFields(device, context), device_name: device.name }
}

function links({ random }: MakerContext): Fields {
  const file = random.base58(16)
  return {
    ...(random.chance(0.6) && {
      image_url: `https://media.example.com/${file}.jpg?signature=${random.base58(12)}`,
    }),
    ...(random.chance(0.3) && {
      video_url: `https://media.example.com/${file}.mp4?signature=${random.base58(12)}`,
    }),
  }
}

function rang(context: MakerContext): Fields {
  return { ...deviceFields(context.hotel.doorbell, context), ...links(context) }
}

function cameraActivated(context: MakerContext): Fields {
  const motion_sub_type = context.random.pick(['human', 'vehicle', 'package', 'other'])
  return { ...rang(context), activation_reason: 'motion_detected', motion_sub_type }
}

function noisy(context: MakerContext): Fields {
  const { hotel, random } = context
  return {
    ...deviceFields(hotel.noiseSensor, context),
    noise_level_decibels: random.integer(700, 950) / 10,
    noise_threshold_id: hotel.noiseSensor.deviceId,
    noise_threshold_name: 'Quiet hours',
    ...(random.chance(0.5) && { minut_metadata: { reading: { duration_seconds: random.integer(30, 600) } } }),
  }
}
