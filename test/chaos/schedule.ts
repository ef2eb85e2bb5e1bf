import { createRandom, type Random } from '../../src/simulated-seam/random.ts'
import { FAULTS } from './all-faults.ts'
import { type Fault, LANES, type Lane } from './fault.ts'
import { TRAITS } from './all-traits.ts'
import type { Trait } from './trait.ts'

/** One fault of a round. It begins and lasts in milliseconds, counted from the start of the traffic. */
export interface Moment {
  fault: Fault
  atMs: number
  forMs: number
}

/** Everything that is decided about a round before it begins. */
export interface RoundPlan {
  seed: number
  replicas: number
  traits: readonly Trait[]
  /** How many events Seam has before the service is first started. */
  historyEvents: number
  historyHours: number
  eventsPerSecond: number
  settleSeconds: number
  /** How long the traffic lasts, in milliseconds. */
  trafficMs: number
  /** In the order in which they begin. */
  moments: readonly Moment[]
}

/** More faults would make a round longer and its findings harder to understand. */
const MOMENTS_OF_A_LANE = 2

/** The probability that a round has any faults of a lane. */
const LANE_CHANCE: Record<Lane, number> = {
  answers: 0.7,
  clocks: 0.6,
  webhooks: 0.75,
  readers: 0.5,
  processes: 0.7,
  postgres: 0.7,
}

/**
 * Plans the round of a seed. It is always the same as long as the tables of faults and traits do not change. Consecutive seeds take each
 * lane's first fault in turn, so that they reach all of them. Everything else is drawn at random.
 */
export function planRound(seed: number): RoundPlan {
  const random = createRandom(seed, 'plan')
  const traits = drawTraits(random)
  const replicas = random.pick([1, 2, 2, 2, 3])
  const trafficMs = random.integer(1800, 2500)
  const barred = new Set(traits.flatMap(({ excludes }) => excludes ?? []))
  const names = new Set(traits.map(({ name }) => name))
  const isAllowed = (fault: Fault) =>
    !barred.has(fault.name) &&
    !fault.excludes?.some((other) => names.has(other)) &&
    (fault.replicas ?? 1) <= replicas
  const moments: Moment[] = []
  for (const lane of LANES) {
    // Each value is drawn even if it is not used, so that one lane does not change the next.
    const laneRandom = createRandom(seed, lane)
    if (!random.chance(LANE_CHANCE[lane])) continue
    const chosen = drawLane(
      FAULTS.filter((fault) => fault.lane === lane && isAllowed(fault)),
      {
        seed,
        trafficMs,
        random: laneRandom,
      },
    )
    for (const moment of chosen) {
      for (const name of moment.fault.excludes ?? []) barred.add(name)
      names.add(moment.fault.name)
    }
    moments.push(...chosen)
  }
  return {
    seed,
    replicas,
    traits,
    historyEvents: random.integer(700, 1800),
    historyHours: random.integer(2, 30),
    eventsPerSecond: random.pick([40, 80, 120]),
    settleSeconds: 1,
    trafficMs,
    moments: moments.toSorted((a, b) => a.atMs - b.atMs),
  }
}

function drawTraits(random: Random): Trait[] {
  const drawn: Trait[] = []
  // The order is random, so that of two traits that exclude each other neither is preferred.
  const candidates = random.shuffled(TRAITS).map((trait) => ({ trait, isDrawn: random.chance(trait.chance) }))
  for (const { trait, isDrawn } of candidates) {
    const isBarred = drawn.some(
      (other) => other.excludes?.includes(trait.name) || trait.excludes?.includes(other.name),
    )
    if (isDrawn && !isBarred) drawn.push(trait)
  }
  return drawn
}

function drawLane(
  faults: readonly Fault[],
  { seed, trafficMs, random }: { seed: number; trafficMs: number; random: Random },
): Moment[] {
  const moments: Moment[] = []
  const weighted = faults.flatMap((fault) => Array.from({ length: fault.weight ?? 1 }, () => fault))
  let atMs = random.integer(0, 500)
  while (atMs < trafficMs && moments.length < MOMENTS_OF_A_LANE) {
    const fault = moments.length === 0 ? faults[seed % faults.length] : random.pick(weighted)
    if (fault === undefined) break
    const forMs = random.integer(...fault.lasts)
    moments.push({ fault, atMs, forMs })
    atMs += forMs + random.integer(50, 500)
  }
  return moments
}
