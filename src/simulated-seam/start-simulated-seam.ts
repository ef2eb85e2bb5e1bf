import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { buildHotel } from './build-hotel.ts'
import { EventCreator } from './create-events.ts'
import { WebhookDeliverer } from './deliver-webhooks.ts'
import { EventStore } from './event-store.ts'
import { noFaults } from './faults.ts'
import type { Faults } from './faults.ts'
import { handleRequest } from './handle-request.ts'
import { createRandom } from './random.ts'
import { RequestLog } from './request-log.ts'
import type { SimulatedSeam, SimulatedSeamOptions } from './simulated-seam.ts'
import { Traffic } from './traffic.ts'
import type { Upstream } from './upstream.ts'

export type { DeliveryStats } from './delivery-stats.ts'
export type { Faults, Gateway } from './faults.ts'
export type { Hotel } from './hotel.ts'
export type { LoggedRequest } from './request-log.ts'
export type { NewEvent, SeamEvent } from './seam-event.ts'
export type { WebhookEndpoint } from './sign-webhook.ts'
export type { AddOptions, FillOptions, SimulatedSeam, SimulatedSeamOptions } from './simulated-seam.ts'

/** Starts a Seam workspace that exists only in this process: its API on a port of its own, and its webhooks. */
export async function startSimulatedSeam(options: SimulatedSeamOptions = {}): Promise<SimulatedSeam> {
  const faults: Faults = { ...noFaults, ...options.faults }
  const upstream = createUpstream(options, faults)
  const { retryTimeScale = 1, seed = 1 } = options
  const deliverer = new WebhookDeliverer({
    faults: () => faults,
    random: createRandom(seed, 'deliveries'),
    now: upstream.now,
    retryTimeScale,
  })
  deliverer.setEndpoints(options.webhooks ?? [])
  const creator = new EventCreator({
    ...upstream,
    random: createRandom(seed, 'events'),
    additionsRandom: createRandom(seed, 'additions'),
    push: (body) => deliverer.push(body),
  })
  const traffic = new Traffic((count) => void creator.emit(count), createRandom(seed, 'traffic'))
  const log = new RequestLog()
  const server = createServer(upstream, log)
  const url = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0)
  const { workspaceId, apiKey, personalAccessToken, hotel } = upstream
  return {
    url,
    workspaceId,
    apiKey,
    personalAccessToken,
    hotel,
    emit: (count = 1) => creator.emit(count),
    add: (events, addOptions = {}) => creator.add(events, addOptions),
    fill: (fillOptions) => creator.fill(fillOptions),
    startTraffic: ({ eventsPerSecond }) => traffic.start(eventsPerSecond),
    stopTraffic: () => traffic.stop(),
    events: () => upstream.store.all().map((stored) => stored.event),
    deliveries: () => deliverer.stats(),
    requests: () => log.newest(),
    setFaults: (changed) => void Object.assign(faults, changed),
    setWebhooks: (webhooks) => deliverer.setEndpoints(webhooks),
    drained: () => deliverer.drained(),
    stop: async () => {
      traffic.stop()
      deliverer.stop()
      await close(server)
    },
  }
}

function createUpstream(options: SimulatedSeamOptions, faults: Faults): Upstream {
  const { seed = 1, now = Date.now } = options
  const random = createRandom(seed, 'workspace')
  // Each value is drawn even if it is given, so that a given value does not change the rest.
  const drawn = {
    workspaceId: random.uuid(),
    // The part after `seam_` must not begin like one of the other kinds of credentials (contract, section 1, trap 10).
    apiKey: `seam_simulated1_${random.base58(24)}`,
    personalAccessToken: `seam_at1${random.base58(8)}_${random.base58(24)}`,
    publishableKey: `seam_pk1${random.base58(8)}_${random.base58(24)}`,
  }
  const workspaceId = options.workspaceId ?? drawn.workspaceId
  return {
    workspaceId,
    apiKey: options.apiKey ?? drawn.apiKey,
    personalAccessToken: options.personalAccessToken ?? drawn.personalAccessToken,
    publishableKey: drawn.publishableKey,
    hotel: buildHotel(workspaceId, random, now() * 1000),
    store: new EventStore(),
    faults: () => faults,
    now,
    serverNow: () => now() + faults.clockOffsetMs,
    random: createRandom(seed, 'requests'),
  }
}

function createServer(upstream: Upstream, log: RequestLog): http.Server {
  // Long lists of ids in a query exceed Node's 16 KiB (contract, section 1, trap 18).
  // The server never closes an idle connection. With Node's default of five seconds, a busy client would reuse one just as it closes.
  return http.createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 0 }, (message, response) => {
    // Either the request was cut off, or there is a mistake in here. Only the client can be told.
    handleRequest(message, response, upstream, log).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
}

function listen(server: http.Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      resolve(`http://${name}:${address.port}`)
    })
  })
}

function close(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    // An error only means that the server was closed before.
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
