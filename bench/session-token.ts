import { createHash } from 'node:crypto'
import { issueKey } from '../src/access/issue-key.ts'
import { createLogger } from '../src/observability/create-logger.ts'
import { parseConfig } from '../src/config/parse-config.ts'
import { parseEvent } from '../src/domain/event.ts'
import { ingestBatch } from '../src/ingest/ingest-batch.ts'
import { startApp } from '../src/app/app.ts'
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { maskingSecrets } from '../src/secrets/masking-secrets.ts'
import { runSql } from '../src/postgres/open-database.ts'
import { sql } from '../src/postgres/sql.ts'
import type { Db } from '../src/store/database.ts'

/*
 * `npm run bench:session-token` measures what a request with a client session token costs beside the same request with a key. One
 * database and one service get the requests in turn. It prints medians and their ratio, because the machine's speed changes by itself.
 */

const WORKSPACE_ID = 'b887bf84-9849-4454-a562-cf84293d9781'
const EVENTS = 100_000
const ROUNDS = 300
const TOKEN = 'seam_cst1benchmrk_aaaaaaaaaaaaaaaaaaaaaaaa'

const id = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const accounts = Array.from({ length: 40 }, (_, n) => id('c', n))
const webviews = Array.from({ length: 10 }, (_, n) => id('d', n))

async function fill(db: Db): Promise<void> {
  const start = Date.parse('2026-01-01T00:00:00Z')
  for (let from = 0; from < EVENTS; from += 1000) {
    const items = Array.from({ length: 1000 }, (_, i) => {
      const n = from + i
      const event = {
        event_id: id('f', n),
        event_type: n % 3 === 0 ? 'lock.unlocked' : 'device.connected',
        workspace_id: WORKSPACE_ID,
        created_at: new Date(start + n * 25_000).toISOString(),
        device_id: id('e', n % 500),
        connected_account_id: accounts[n % accounts.length],
        ...(n % 20 === 0 && { connect_webview_id: webviews[n % webviews.length] }),
        padding: 'x'.repeat(400),
      }
      return parseEvent(JSON.stringify(event), WORKSPACE_ID)
    })
    await ingestBatch(db, items, 'poll', maskingSecrets())
  }
  const tokenSha256 = createHash('sha256').update(TOKEN).digest()
  await runSql(
    db,
    sql`
insert into client_sessions (workspace_id, client_session_id, token_sha256, connected_account_ids, connect_webview_ids, expires_at, body)
values (${WORKSPACE_ID}, 'bench', ${tokenSha256}, ${accounts.slice(0, 5)}, ${webviews.slice(0, 2)}, now() + interval '1 day', '{}')`,
  )
  await runSql(
    db,
    sql`insert into client_session_syncs (workspace_id, outcome, succeeded_at) values (${WORKSPACE_ID}, 'complete', now())`,
  )
  await runSql(db, sql`vacuum analyze events`)
}

async function measure(url: string, key: string, body: object): Promise<{ key: number; token: number }> {
  const times = { key: [] as number[], token: [] as number[] }
  const once = async (credential: string): Promise<number> => {
    const startedAt = performance.now()
    const response = await fetch(`${url}/events/list`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (response.status !== 200) throw new Error(`The service answered ${response.status}.`)
    await response.arrayBuffer()
    return performance.now() - startedAt
  }
  for (let round = 0; round < ROUNDS; round++) {
    times.key.push(await once(key))
    times.token.push(await once(TOKEN))
  }
  return { key: median(times.key), token: median(times.token) }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

const postgres = await startEmbeddedPostgres({})
const app = await startApp(
  parseConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: postgres.url,
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
  }),
  createLogger('silent'),
)
try {
  await fill(app.db)
  const { key: apiKey } = await issueKey(app.db, {
    kind: 'api_key',
    name: 'bench',
    workspaceIds: [WORKSPACE_ID],
    scopes: ['events:read'],
    expires: null,
    now: new Date(),
  })
  const since = '2026-01-01T00:00:00Z'
  const cases: [string, object][] = [
    ['newest 50', { since, limit: 50 }],
    ['newest 500', { since }],
    ['one type', { since, limit: 50, event_type: 'lock.unlocked' }],
    ['one device', { since, limit: 50, device_id: id('e', 0) }],
    ['a day in the middle', { between: ['2026-01-15T00:00:00Z', '2026-01-16T00:00:00Z'], limit: 500 }],
  ]
  console.log(
    `${EVENTS} events, a session of 5 accounts and 2 webviews of 40 and 10; medians of ${ROUNDS} requests in turn`,
  )
  console.log('request                 key ms   token ms   ratio')
  for (const [name, body] of cases) {
    await measure(app.url, apiKey, body)
    const { key, token } = await measure(app.url, apiKey, body)
    console.log(
      `${name.padEnd(22)} ${key.toFixed(2).padStart(7)} ${token.toFixed(2).padStart(10)} ${(token / key).toFixed(2).padStart(7)}`,
    )
  }
} finally {
  await app.stop()
  await postgres.stop()
}
