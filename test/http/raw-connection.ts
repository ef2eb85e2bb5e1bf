import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A bare TCP connection, for what no HTTP client would send. */
export interface RawConnection {
  socket: Socket
  send: (text: string) => void
  /** Everything received up to and including this text. */
  receive: (text: string) => Promise<string>
  /** Everything received until the server closed the connection. */
  receiveAll: () => Promise<string>
}

export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let received = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    received += chunk
  })
  // A reset is one of the ways a server closes a connection; what counts is what had arrived.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return {
    socket,
    send: (text) => void socket.write(text),
    receive: async (text) => {
      while (!received.includes(text)) await once(socket, 'data')
      return received
    },
    receiveAll: async () => {
      await closed
      return received
    },
  }
}
