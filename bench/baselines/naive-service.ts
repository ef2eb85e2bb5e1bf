import type { AddressInfo } from 'node:net'
import express, { type Request, type Response } from 'express'
import pg from 'pg'
import { Webhook } from 'svix'
import { EVENT_INSERT_SQL, eventInsertValues } from '../events/event-insert.ts'

/*
 * The service that everybody writes: Express, svix, and one INSERT for each request through a pool of ten. It fills the same columns
 * of the same table. What it leaves out makes it faster: it writes no log, does not look at the event and takes no PINs out.
 */

const POOL_CONNECTIONS = 10

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: POOL_CONNECTIONS })
const webhook = new Webhook(process.env.SEAM_WEBHOOK_SECRET ?? '')

const app = express()
app.post('/webhooks/seam', express.raw({ type: '*/*' }), (request, response) => take(request, response))
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, msg: 'listening' }))
})

async function take(request: Request, response: Response): Promise<void> {
  const body = request.body as Buffer
  try {
    webhook.verify(body, request.headers as Record<string, string>)
  } catch {
    response.status(400).end()
    return
  }
  await pool.query(EVENT_INSERT_SQL, eventInsertValues(body.toString('utf8')))
  response.status(204).end()
}
