import { connect, type Socket } from 'node:net'
import { signDelivery } from '../../support/sign-delivery.ts'
import { type ReaderTask, SOCKETS } from './kinds.ts'

const PIPELINED = 200
const SIP_BYTES = 2048
const SIP_EVERY_MS = 50
const DELIVERY_BYTES = 250_000

type Kind = keyof typeof SOCKETS

const BEHAVIOURS: Record<Kind, (socket: Socket, key: string) => void> = {
  'pipelined-lists': (socket, key) => {
    socket.pause()
    socket.write(list(key).repeat(PIPELINED))
  },
  slow: (socket, key) => {
    socket.pause()
    socket.write(list(key))
    setInterval(() => void (socket.read(SIP_BYTES) ?? socket.read()), SIP_EVERY_MS)
  },
  idle: () => {},
  'unfinished-deliveries': (socket) => {
    const body = 'x'.repeat(DELIVERY_BYTES)
    const headers = Object.entries({
      ...signDelivery(body),
      'content-length': String(DELIVERY_BYTES),
      host: 'lab',
    })
    const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.write(`POST /webhooks/seam HTTP/1.1\r\n${head}\r\n${body.slice(0, -10)}`)
  },
}

function list(key: string): string {
  const path = '/events/list?since=1970-01-01T00:00:00Z&limit=1000'
  return `GET ${path} HTTP/1.1\r\nhost: lab\r\nauthorization: Bearer ${key}\r\n\r\n`
}

export function openSockets(kind: Kind, { urls, key }: ReaderTask): void {
  for (let i = 0; i < SOCKETS[kind].connections; i++) {
    const { hostname, port } = new URL(urls[i % urls.length] ?? '')
    const socket = connect(Number(port), hostname)
    // The service may close such a connection, which is a correct reaction.
    socket.on('error', () => {})
    socket.on('connect', () => BEHAVIOURS[kind](socket, key))
  }
}
