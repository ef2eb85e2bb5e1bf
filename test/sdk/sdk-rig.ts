import { SeamHttp } from '@seamapi/http'
import { SeamHttp as SeamHttp1 } from 'seam-http-1'
import { issueKey } from '../../src/access/issue-key.ts'
import { parseEvent } from '../../src/domain/event.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { startSimulatedSeam, type SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

/** The newest SDK asks with GET and `_strict`, the one before with POST: both are in the field (contract, trap 1). */
export const GENERATIONS = ['newest', '1.x'] as const
export type Generation = (typeof GENERATIONS)[number]

export interface SdkRig {
  app: TestApp
  seam: SimulatedSeam
  apiKey: string
  accessToken: string
  /** A client session whose account has events, and its token. */
  session: { client_session_id: string; token: string; connected_account_ids: string[] }
  store(events: readonly object[]): Promise<void>
  stop(): Promise<void>
}

/** The whole service, its client sessions copied from a simulated Seam, and the three kinds of credentials. */
export async function startSdkRig(): Promise<SdkRig> {
  const database = await createTestDatabase()
  const seam = await startSimulatedSeam({ seed: 7 })
  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_MIRROR_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: '0 0 0 29 2 *',
  })
  await app.pollers[0]?.pollNow()
  await app.sessionSyncs[0]?.syncNow()
  const common = { workspaceIds: [], expires: null, now: new Date() }
  const scopes = ['events:read', 'client_sessions:read', 'secrets:read']
  const apiKey = await issueKey(app.db, { ...common, kind: 'api_key', name: 'sdk', scopes })
  const accessToken = await issueKey(app.db, { ...common, kind: 'access_token', name: 'sdk', scopes })
  const session = seam.hotel.clientSessions.find((each) => each.connected_account_ids.length > 0)
  if (session === undefined) throw new Error('The simulated hotel has no client session with an account.')
  return {
    app,
    seam,
    apiKey: apiKey.key,
    accessToken: accessToken.key,
    session,
    store: async (events) => {
      const items = events.map((event) => parseEvent(JSON.stringify(event), seam.workspaceId))
      await ingestBatch(app.db, items, 'webhook', maskingSecrets())
    },
    stop: async () => {
      await app.stop()
      await seam.stop()
      await database.drop()
    },
  }
}

export type Credential = 'API key' | 'access token' | 'client session token'

/** A client of either generation with the endpoint set to the service, and nothing else changed. */
export function clientOf(
  rig: SdkRig,
  generation: Generation,
  credential: Credential = 'API key',
  { retries = 2, signal }: { retries?: number; signal?: AbortSignal } = {},
): SeamHttp {
  // The calls that the tests make have the same signatures in both.
  const Sdk = (generation === 'newest' ? SeamHttp : SeamHttp1) as typeof SeamHttp
  const options = {
    endpoint: rig.app.url,
    axiosRetryOptions: { retries },
    ...(signal && { axiosOptions: { signal } }),
  }
  switch (credential) {
    case 'API key':
      return Sdk.fromApiKey(rig.apiKey, options)
    case 'access token':
      return Sdk.fromPersonalAccessToken(rig.accessToken, rig.seam.workspaceId, options)
    case 'client session token':
      return Sdk.fromClientSessionToken(rig.session.token, options)
  }
}
