import type { Device } from '../hotel.ts'
import { deviceFields } from './event-maker.ts'
import type { EventMaker, MakerContext } from './event-maker.ts'

type Fields = Record<string, unknown>

export const thermostatMakers: readonly EventMaker[] = [
  { types: ['thermostat.temperature_changed'], weight: 130, fields: (context) => drifted(context).fields },
  { types: ['thermostat.temperature_reached_set_point'], weight: 20, fields: reachedSetPoint },
  { types: ['thermostat.manually_adjusted'], weight: 20, fields: adjusted },
  { types: ['thermostat.climate_preset_activated'], weight: 14, fields: presetActivated },
  {
    types: [
      'thermostat.temperature_threshold_exceeded',
      'thermostat.temperature_threshold_no_longer_exceeded',
    ],
    weight: 5,
    fields: threshold,
  },
]

/** A temperature in both units, under `<name>_celsius` and `<name>_fahrenheit`. */
function temperature(name: string, celsius: number): Fields {
  const fahrenheit = Math.round(((celsius * 9) / 5) * 10 + 320) / 10
  return { [`${name}_celsius`]: celsius, [`${name}_fahrenheit`]: fahrenheit }
}

/** A room warms or cools by up to half a degree, within 16 to 28 degrees Celsius. */
function drifted(context: MakerContext): { thermostat: Device; fields: Fields } {
  const thermostat = context.random.pick(context.hotel.thermostats)
  const celsius = thermostat.celsius + context.random.integer(-5, 5) / 10
  thermostat.celsius = Math.round(Math.min(28, Math.max(16, celsius)) * 10) / 10
  const fields = { ...deviceFields(thermostat, context), ...temperature('temperature', thermostat.celsius) }
  return { thermostat, fields }
}

function reachedSetPoint(context: MakerContext): Fields {
  const { thermostat, fields } = drifted(context)
  return { ...fields, ...temperature('desired_temperature', thermostat.celsius) }
}

function adjusted(context: MakerContext): Fields {
  const { hotel, random } = context
  const hvac_mode_setting = random.pick(['heat', 'cool', 'heat_cool', 'off'])
  return {
    ...deviceFields(random.pick(hotel.thermostats), context),
    method: random.pick(['seam', 'external']),
    hvac_mode_setting,
    ...(random.chance(0.3) && { fan_mode_setting: random.pick(['auto', 'on', 'circulate']) }),
    ...(hvac_mode_setting.includes('cool') && temperature('cooling_set_point', random.integer(22, 26))),
    ...(hvac_mode_setting.includes('heat') && temperature('heating_set_point', random.integer(17, 21))),
  }
}

function presetActivated(context: MakerContext): Fields {
  const { hotel, random } = context
  return {
    ...deviceFields(random.pick(hotel.thermostats), context),
    thermostat_schedule_id: random.chance(0.5) ? random.uuid() : null,
    climate_preset_key: random.pick(['occupied', 'vacant', 'night']),
    is_fallback_climate_preset: random.chance(0.2),
  }
}

function threshold(context: MakerContext, type: string): Fields {
  const { thermostat, fields } = drifted(context)
  const isExceeded = type === 'thermostat.temperature_threshold_exceeded'
  const upper = Math.round((thermostat.celsius + (isExceeded ? -1 : 1)) * 10) / 10
  const noLowerLimit = { lower_limit_celsius: null, lower_limit_fahrenheit: null }
  return { ...fields, ...temperature('upper_limit', upper), ...noLowerLimit }
}
