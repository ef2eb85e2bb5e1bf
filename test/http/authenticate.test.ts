import type { IncomingMessage } from 'node:http'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { authenticateWithBootstrapKey } from '../../src/http/authenticate.ts'

const KEY = 'seam_test1_abcdefghijkmnopqrstuvwxyz'
const OURS = 'b887bf84-9849-4454-a562-cf84293d9781'
const silent = pino({ level: 'silent' })

const authenticate = authenticateWithBootstrapKey({
  key: KEY,
  resolveWorkspace: (header) => (header === undefined || header === OURS ? OURS : null),
  logger: silent,
})

function request(headers: Record<string, string>): IncomingMessage {
  return { headers } as unknown as IncomingMessage
}

test.each([`Bearer ${KEY}`, `bearer ${KEY}`, `BEARER  ${KEY}`])(
  'The key is accepted from %j',
  (authorization) => {
    expect(authenticate(request({ authorization }))).toEqual({ workspaceId: OURS })
  },
)

test.each([
  [{}],
  [{ authorization: '' }],
  [{ authorization: KEY }],
  [{ authorization: 'Bearer' }],
  [{ authorization: `Basic ${KEY}` }],
  [{ authorization: `Bearer ${KEY}x` }],
  [{ authorization: `Bearer ${KEY.slice(0, -1)}` }],
  [{ authorization: `Bearer ${KEY} ${KEY}` }],
  [{ authorization: `Bearer ${KEY.toUpperCase()}` }],
  [{ 'client-session-token': KEY }],
])('%j is refused', (headers) => {
  expect(authenticate(request(headers as Record<string, string>))).toBeNull()
})

test('I10: The seam-workspace header may name our workspace and no other', () => {
  const authorization = `Bearer ${KEY}`
  expect(authenticate(request({ authorization, 'seam-workspace': OURS }))).toEqual({ workspaceId: OURS })
  const foreign = '00000000-0000-4000-8000-000000000000'
  expect(authenticate(request({ authorization, 'seam-workspace': foreign }))).toBeNull()
})

test('A good key gets 503 while no workspace is known, and a bad one still 401', () => {
  const early = authenticateWithBootstrapKey({ key: KEY, resolveWorkspace: () => null, logger: silent })
  expect(() => early(request({ authorization: `Bearer ${KEY}` }))).toThrow(
    expect.objectContaining({ status: 503, type: 'service_unavailable', headers: { 'retry-after': '1' } }),
  )
  expect(early(request({ authorization: 'Bearer nonsense' }))).toBeNull()
})

test('Without a configured key everyone is refused, and the log says why', () => {
  const lines: string[] = []
  const keyless = authenticateWithBootstrapKey({
    key: undefined,
    resolveWorkspace: () => OURS,
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
  })
  expect(keyless(request({ authorization: 'Bearer undefined' }))).toBeNull()
  expect(lines.join('')).toContain('SEAM_MIRROR_API_KEY')
})
