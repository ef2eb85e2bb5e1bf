import type { Random } from '../../src/simulated-seam/random.ts'
import type { Rig } from './rig.ts'

/** Faults of one lane come one after the other; those of different lanes at the same time. */
export const LANES = ['answers', 'clocks', 'webhooks', 'readers', 'processes', 'postgres'] as const
export type Lane = (typeof LANES)[number]

/** One thing that goes wrong for a moment. */
export interface Fault {
  /** Begins with what it befalls: `answers.slow`. */
  name: string
  lane: Lane
  /** The rules that it puts to the test. */
  threatens: string
  /** How long it lasts, in milliseconds: from, to. */
  lasts: readonly [min: number, max: number]
  /** So many replicas must run for it to mean anything. */
  replicas?: number
  /** How often it is chosen, compared with the others of its lane; default 1. */
  weight?: number
  /** Traits and moments that it can't be combined with; the reason stands beside it. */
  excludes?: readonly string[]
  /** Everything random in it comes from `random`. False: it came to nothing, and does not count as applied. */
  begin(rig: Rig, random: Random): Promise<boolean | void>
  end(rig: Rig, random: Random): Promise<void>
}
