import type { Webhook } from 'svix'

import { noDeliveries } from './delivery-stats.ts'
import type { DeliveryStats } from './delivery-stats.ts'
import type { Faults } from './faults.ts'
import { createWebhookAgents, postWebhook } from './post-webhook.ts'
import { Queue } from './queue.ts'
import type { Random } from './random.ts'
import { attemptTimeoutMs, retryDelayMs } from './retry-schedule.ts'
import { createSigners, createStranger, signWebhook } from './sign-webhook.ts'
import type { WebhookEndpoint } from './sign-webhook.ts'

interface Delivery {
  messageId: string
  url: string
  body: string
  failures: number
}

interface DelivererOptions {
  faults: () => Faults
  random: Random
  /** The true clock, in Unix milliseconds. */
  now: () => number
  retryTimeScale: number
}

const concurrency = 32
const reorderBuffer = 8
const reorderHoldMs = 25

/** Sends events to the endpoints the way Svix does for Seam (contract, section 14). The queue is kept in memory. */
export class WebhookDeliverer {
  readonly #options: DelivererOptions
  readonly #agents = createWebhookAgents(concurrency)
  readonly #stranger: Webhook
  readonly #stats = noDeliveries()
  readonly #timers = new Set<NodeJS.Timeout>()
  #signers = new Map<string, Webhook>()
  readonly #queue = new Queue<Delivery>()
  #held: Delivery[] = []
  #active = 0
  #stopped = false
  #waiters: (() => void)[] = []

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#stranger = createStranger(Array.from({ length: 24 }, () => options.random.integer(0, 255)))
  }

  stats(): DeliveryStats {
    return { ...this.#stats }
  }

  /** Replaces the endpoints. Retries to an endpoint that stays are signed with its new secret; retries to a removed one are given up. */
  setEndpoints(endpoints: readonly WebhookEndpoint[]): void {
    this.#signers = createSigners(endpoints)
  }

  /** Queues an event, written as JSON, for all endpoints under one message id. */
  push(body: string): void {
    if (this.#stopped || this.#signers.size === 0) return
    const { random } = this.#options
    const faults = this.#options.faults()
    const messageId = `msg_${random.base58(27)}`
    for (const url of this.#signers.keys()) {
      if (random.chance(faults.dropRate)) {
        this.#stats.dropped++
        continue
      }
      this.#admit({ messageId, url, body, failures: 0 })
      if (random.chance(faults.duplicateRate)) {
        this.#stats.duplicated++
        this.#admit({ messageId, url, body, failures: 0 })
      }
    }
  }

  /** Resolves when nothing is pending, or when deliveries are stopped. */
  drained(): Promise<void> {
    if (this.#stats.pending === 0 || this.#stopped) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#queue.clear()
    this.#held = []
    this.#agents.http.destroy()
    this.#agents.https.destroy()
    this.#stats.pending = 0
    this.#wake()
  }

  #admit(delivery: Delivery): void {
    const faults = this.#options.faults()
    this.#stats.pending++
    if (this.#options.random.chance(faults.lateRate)) {
      this.#after(faults.lateMs, () => this.#enqueue(delivery))
    } else if (faults.reorder) this.#hold(delivery)
    else this.#enqueue(delivery)
  }

  #hold(delivery: Delivery): void {
    this.#held.push(delivery)
    if (this.#held.length >= reorderBuffer) this.#releaseHeld()
    else if (this.#held.length === 1) this.#after(reorderHoldMs, () => this.#releaseHeld())
  }

  #releaseHeld(): void {
    const released = this.#options.random.shuffled(this.#held)
    this.#held = []
    for (const delivery of released) this.#enqueue(delivery)
  }

  #enqueue(delivery: Delivery): void {
    this.#queue.add(delivery)
    if (this.#active < concurrency) void this.#work()
  }

  /** Runs one worker: it attempts queued deliveries until none is left. */
  async #work(): Promise<void> {
    this.#active++
    for (let delivery = this.#queue.take(); delivery; delivery = this.#queue.take()) {
      const delivered = await this.#attempt(delivery)
      if (this.#stopped) break
      if (delivered) this.#finish('succeeded')
      else this.#retryLater(delivery)
    }
    this.#active--
  }

  /** True if the endpoint took it. */
  async #attempt({ messageId, url, body, failures }: Delivery): Promise<boolean> {
    const { now, random, retryTimeScale } = this.#options
    const faults = this.#options.faults()
    const signer = random.chance(faults.wrongSignatureRate) ? this.#stranger : this.#signers.get(url)
    if (!signer || !this.#signers.has(url)) return false
    const headers = signWebhook(signer, { messageId, body, timestampMs: now() + faults.webhookClockOffsetMs })
    this.#stats.sent++
    if (failures > 0) this.#stats.retried++
    try {
      const timeoutMs = attemptTimeoutMs(retryTimeScale)
      const status = await postWebhook(url, body, headers, { agents: this.#agents, timeoutMs })
      return status >= 200 && status < 300
    } catch {
      // An attempt without an answer counts as failed.
      return false
    }
  }

  #retryLater(delivery: Delivery): void {
    if (!this.#signers.has(delivery.url)) {
      this.#finish('dropped')
      return
    }
    delivery.failures++
    this.#stats.failed++
    const delayMs = retryDelayMs(delivery.failures, this.#options.retryTimeScale)
    if (delayMs === undefined) this.#finish('exhausted')
    else this.#after(delayMs, () => this.#enqueue(delivery))
  }

  #finish(outcome: 'succeeded' | 'exhausted' | 'dropped'): void {
    this.#stats[outcome]++
    this.#stats.pending--
    if (this.#stats.pending === 0) this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, delayMs)
    this.#timers.add(timer)
  }
}
