import type { Socket } from 'node:net'
import pg from 'pg'

/** How Postgres ends its answer: ready for the next query, in no transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** Runs `COPY … TO STDOUT` and reads its bytes without looking into them, which no client can do faster. Returns how many there were. */
export async function readCopy(databaseUrl: string, statement: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  // The connection is given up afterwards, while pg still waits for an end that it never sees.
  client.on('error', () => {})
  const { connection } = client as unknown as {
    connection: { stream: Socket; query: (text: string) => void }
  }
  const { stream } = connection
  stream.removeAllListeners('data')
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (chunk.subarray(-READY.length).equals(READY)) resolve()
    })
    connection.query(statement)
  })
  stream.destroy()
  return bytes
}
