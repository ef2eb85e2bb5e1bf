import type { Random } from '../../../src/simulated-seam/random.ts'
import type { Fault } from '../fault.ts'
import type { Rig } from '../rig.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

/** Faults of Seam's `Date` header, and of the clock of the machine that the service runs on. */
export const CLOCK_FAULTS: readonly Fault[] = [
  date('a-minute-ahead', () => ahead(MINUTE_MS)),
  date('an-hour-ahead', () => ahead(HOUR_MS)),
  date('974-years-ahead', () => ahead(974 * YEAR_MS)),
  date('an-hour-behind', () => ahead(-HOUR_MS)),
  date('jumps', (random) => (ms) => says(ms + random.pick([-HOUR_MS, 0, MINUTE_MS, HOUR_MS, 2 * DAY_MS]))),
  date('drifts', () => {
    const beganAt = performance.now()
    // A hundred seconds in each of the true ones.
    return (ms) => says(ms + (performance.now() - beganAt) * 100)
  }),
  date('swings', () => (ms) => says(ms + Math.sin(performance.now() / 300) * HOUR_MS)),
  date('is-nonsense', (random) => (ms) => {
    return random.pick(['0', '-1', new Date(ms + HOUR_MS).toISOString(), 'soon', String(ms), ''])
  }),
  {
    ...clocks('date-missing', 'F17, I6'),
    begin: async ({ seam }) => seam.setFaults({ omitDateHeader: true }),
    end: async ({ seam, calmFaults: { omitDateHeader } }) => seam.setFaults({ omitDateHeader }),
  },
  wallClock('back-an-hour', -HOUR_MS),
  wallClock('forward-a-day', DAY_MS),
  wallClock('forward-a-year', YEAR_MS),
]

function clocks(name: string, threatens: string) {
  return { name: `clocks.${name}`, lane: 'clocks', threatens, lasts: [500, 1800] } as const
}

function date(name: string, header: (random: Random) => (serverMs: number) => string): Fault {
  return {
    ...clocks(`date-${name}`, 'E1, I6'),
    begin: async ({ seam }, random) => seam.setFaults({ dateHeader: header(random) }),
    end: async ({ seam, calmFaults: { dateHeader } }) => seam.setFaults({ dateHeader }),
  }
}

/** Sets the wall clock. Three times in four it is set back at the end, which is a step as well. Otherwise webhooks are refused from then on. */
function wallClock(name: string, offsetMs: number): Fault {
  const setAll = ({ replicas }: Rig, ms: number) => {
    for (const replica of replicas) replica.setWallClock(ms)
  }
  return {
    ...clocks(`wall-clock-${name}`, 'F4, I5'),
    begin: async (rig) => setAll(rig, offsetMs),
    end: async (rig, random) => {
      if (random.chance(0.75)) setAll(rig, 0)
    },
  }
}

function ahead(ms: number) {
  return (serverMs: number) => says(serverMs + ms)
}

function says(unixMs: number): string {
  return new Date(unixMs).toUTCString()
}
