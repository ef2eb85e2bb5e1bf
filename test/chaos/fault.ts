import type { Random } from '../../src/simulated-seam/random.ts'
import type { Rig } from './rig.ts'

/** Faults of one lane follow each other. Faults of different lanes overlap. */
export const LANES = ['answers', 'clocks', 'webhooks', 'readers', 'processes', 'postgres'] as const
export type Lane = (typeof LANES)[number]

/** One thing that goes wrong for a moment. */
export interface Fault {
  /** Begins with the part that it affects: `answers.slow`. */
  name: string
  lane: Lane
  /** The rules that it tests. */
  threatens: string
  /** The shortest and the longest time that it lasts, in milliseconds. */
  lasts: readonly [min: number, max: number]
  /** How many replicas must run for the fault to make sense. */
  replicas?: number
  /** How often it is chosen, relative to the others of its lane. Default: 1. */
  weight?: number
  /** Traits and faults that it cannot be combined with. Each entry has the reason beside it. */
  excludes?: readonly string[]
  /** Starts the fault. `random` is its only randomness. Returns false when it had no effect, so that it does not count as applied. */
  begin(rig: Rig, random: Random): Promise<boolean | void>
  end(rig: Rig, random: Random): Promise<void>
}
