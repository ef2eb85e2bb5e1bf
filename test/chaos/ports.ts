import { once } from 'node:events'
import { createServer } from 'node:net'

/** The ports are below the range for outgoing connections, so that a killed process finds its port free again. */
const FIRST = 20_000
const LAST = 32_000

/** Gives each port once in a run. A replica keeps its port when it is killed and started again. */
export interface Ports {
  next(): Promise<number>
}

export function createPorts(): Ports {
  let port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
  return {
    next: async () => {
      do port = port >= LAST ? FIRST : port + 1
      while (!(await isFree(port)))
      return port
    },
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (!isListening) return false
  server.close()
  await once(server, 'close')
  return true
}
