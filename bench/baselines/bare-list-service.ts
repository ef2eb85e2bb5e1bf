import { createServer } from 'node:http'
import pg from 'pg'
import { createLogger } from '../../src/observability/create-logger.ts'
import { listEventsSql } from '../../src/store/events/list-events-sql.ts'
import { WORKSPACE_ID } from '../service-parts.ts'

/*
 * Serves the newest events with the least that Node can do: its own HTTP server, one prepared statement on one connection, texts put
 * together. It has no key, no checks, no log, no cursor and nothing that keeps it alive under load. What it costs is the cost of Node, pg,
 * Postgres and the network.
 */

const client = new pg.Client({
  connectionString: process.env.DATABASE_URL,
  types: { getTypeParser: () => (value: unknown) => value },
})
await client.connect()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { since, limit } = JSON.parse(Buffer.concat(chunks).toString()) as { since: string; limit: number }
    const { text, values } = listEventsSql({
      workspaceId: WORKSPACE_ID,
      visibility: { kind: 'all' },
      after: BigInt(Date.parse(since)) * 1000n,
      filters: [],
      limit,
      offset: 0,
    })
    const query = { name: 'newest', text, values: [...values], rowMode: 'array' as const }
    client.query<[string]>(query, (error, result) => {
      const body = Buffer.from(
        `{"events":[${error ? '' : result.rows.map(([event]) => event).join(',')}],"ok":true}`,
      )
      response.writeHead(error ? 500 : 200, {
        'content-type': 'application/json',
        'content-length': body.length,
      })
      response.end(body)
    })
  })
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  createLogger('info').info({ url: `http://127.0.0.1:${port}` }, 'listening')
})
process.on('SIGTERM', () => process.exit())
