import { once } from 'node:events'
import { connect } from 'node:net'

/** How much of the end is kept, to see whether the download is whole. */
const TAIL_BYTES = 1_000

export interface Download {
  bytes: number
  /** The last bytes, as they were sent. */
  tail: string
}

/** Asks for a download over a raw socket and reads its bytes without looking into them. */
export async function readDownload(url: string, path: string, key: string): Promise<Download> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\nconnection: close\r\n\r\n`,
  )
  let bytes = 0
  let tail: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    tail =
      chunk.length >= TAIL_BYTES
        ? chunk.subarray(-TAIL_BYTES)
        : Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES)
  })
  await once(socket, 'close')
  return { bytes, tail: tail.toString('latin1') }
}
