import type { EventStore } from './event-store.ts'
import type { Faults } from './faults.ts'
import type { Hotel } from './hotel.ts'
import { formatInstant, parseInstant } from './instant.ts'
import type { Micros } from './instant.ts'
import { makeEvent } from './make-event.ts'
import type { Random } from './random.ts'
import type { NewEvent, SeamEvent, StoredEvent } from './seam-event.ts'
import type { AddOptions, FillOptions } from './simulated-seam.ts'

interface EventCreatorOptions {
  hotel: Hotel
  store: EventStore
  /** The randomness of generated events. */
  random: Random
  /** The randomness that fills in the caller's events. It is a stream of its own, so that adding events does not change generated ones. */
  additionsRandom: Random
  faults: () => Faults
  /** The server's own clock, in Unix milliseconds. */
  serverNow: () => number
  push: (body: string) => void
}

/** Makes events exist: generated now, generated in the past, or given by the caller. */
export class EventCreator {
  readonly #options: EventCreatorOptions

  constructor(options: EventCreatorOptions) {
    this.#options = options
  }

  emit(count: number): SeamEvent[] {
    const nowMs = this.#options.serverNow()
    return this.#keep(
      Array.from({ length: count }, () => this.#make(nowMs, this.#options.random)),
      { push: true },
    )
  }

  add(events: readonly NewEvent[], options: AddOptions): SeamEvent[] {
    return this.#keep(
      events.map((event) => this.#complete(event)),
      options,
    )
  }

  fill({ count, from, to, burst, ...options }: FillOptions): SeamEvent[] {
    const { random } = this.#options
    const inBurst = Math.min(burst?.count ?? 0, count)
    const moments = Array.from(
      { length: count - inBurst },
      () => from + Math.floor(random.fraction() * (to - from)),
    )
    for (let i = 0; i < inBurst; i++) moments.push(burst?.at ?? from)
    moments.sort((a, b) => a - b)
    return this.#keep(
      moments.map((moment) => this.#make(moment, random)),
      options,
    )
  }

  /** A generated event in the given millisecond; the last three of six digits are random. */
  #make(createdAtMs: number, random: Random): SeamEvent {
    const { hotel } = this.#options
    const precision = this.#options.faults().createdAtPrecision
    const at = Math.floor(createdAtMs) * 1000 + (precision === 'micros' ? random.integer(0, 999) : 0)
    return makeEvent({ hotel, random, at, precision })
  }

  #complete(given: NewEvent): SeamEvent {
    const { hotel, additionsRandom, serverNow, faults } = this.#options
    const { event_type: type } = given
    if (typeof type !== 'string') return { ...this.#make(serverNow(), additionsRandom), ...given }
    return {
      event_id: additionsRandom.uuid(),
      workspace_id: hotel.workspaceId,
      event_type: type,
      created_at: formatInstant(serverNow() * 1000, faults().createdAtPrecision),
      ...given,
    }
  }

  #keep(events: SeamEvent[], { push = false, visibleAtMs }: AddOptions): SeamEvent[] {
    const stored = events.map((event) => this.#toStored(event, visibleAtMs))
    this.#options.store.add(stored)
    if (push) for (const { text } of stored) this.#options.push(text)
    return events
  }

  #toStored(event: SeamEvent, visibleAtMs: number | undefined): StoredEvent {
    const nowMicros = this.#options.serverNow() * 1000
    const createdAt: unknown = event.created_at
    const createdAtMicros = (typeof createdAt === 'string' ? parseInstant(createdAt) : undefined) ?? nowMicros
    return {
      event,
      text: JSON.stringify(event),
      createdAtMicros,
      visibleAtMs: visibleAtMs ?? this.#visibleAtMs(createdAtMicros),
    }
  }

  #visibleAtMs(createdAtMicros: Micros): number {
    const { lateVisibilityMs } = this.#options.faults()
    if (!lateVisibilityMs) return -Infinity
    return createdAtMicros / 1000 + this.#options.random.integer(...lateVisibilityMs)
  }
}
