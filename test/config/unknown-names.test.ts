import { describe, expect, test } from 'vitest'
import { unknownNames } from '../../src/config/unknown-names.ts'
import { VARIABLES } from '../../src/config/variables.ts'

const problemsOf = (name: string, value = 'x') => unknownNames({ [name]: value })

describe('names that nobody reads', () => {
  test('every known variable is taken, and what is not about Seam is nobody’s business', () => {
    for (const { name } of VARIABLES) expect([name, ...problemsOf(name)]).toEqual([name])
    for (const name of ['HOME', 'LANG', 'TEAM_API_KEY', 'STEAM_API_KEY', 'POSTGRES_PASSWORD', 'DATABASE_URI'])
      expect([name, ...problemsOf(name)]).toEqual([name])
  })

  test.each([
    ['SEAM_WEBHOOKS_SECRET', 'SEAM_WEBHOOK_SECRET'],
    ['SEAM_WEBHOOK_SECRETS', 'SEAM_WEBHOOK_SECRET'],
    ['SEAM_API_KEYS', 'SEAM_API_KEY'],
    ['SEAM_APIKEY', 'SEAM_API_KEY'],
    ['SEAM_API_KYE', 'SEAM_API_KEY'],
    ['seam_api_key', 'SEAM_API_KEY'],
    ['SEAM-API-KEY', 'SEAM_API_KEY'],
    ['SEAM_API_KEY_FILE', 'SEAM_API_KEY'],
    ['SEAM_API_URL', 'SEAM_ENDPOINT'],
    ['SEAM_END_POINT', 'SEAM_ENDPOINT'],
    ['SEAM_WORKSPACE', 'SEAM_WORKSPACE_ID'],
    ['SEAM_PERSONAL_ACCES_TOKEN', 'SEAM_PERSONAL_ACCESS_TOKEN'],
    ['SEAM_POLL_SCHEDULE', 'SEAM_MIRROR_POLL_SCHEDULE'],
    ['SEAM_SECRETS_KEY', 'SEAM_MIRROR_SECRETS_KEY'],
    ['SEAMMIRROR_API_KEY', 'SEAM_MIRROR_API_KEY'],
    ['SEAM_MIROR_SETTLE_SECONDS', 'SEAM_MIRROR_SETTLE_SECONDS'],
    ['SEAM_MIRROR_POLL_SHEDULE', 'SEAM_MIRROR_POLL_SCHEDULE'],
    ['SEAM_MIRROR_SETTLE', 'SEAM_MIRROR_SETTLE_SECONDS'],
    ['SEAM_MIRROR_PORT', 'PORT'],
    ['SEAM_MIRROR_LOG_LEVEL', 'LOG_LEVEL'],
    ['SEAM_MIRROR_DATABASE_URL', 'DATABASE_URL'],
    ['SEAM_MIRROR_WEBHOOK_SECRET', 'SEAM_WEBHOOK_SECRET'],
    ['seam_mirror_data_dir', 'SEAM_MIRROR_DATA_DIR'],
  ])('B5: the misspelt %s is refused with the nearest known name, %s', (name, nearest) => {
    expect(problemsOf(name)).toEqual([
      `${name} is not a variable that seam-mirror knows; did you mean ${nearest}?`,
    ])
    // An empty one is refused as well, because the variable that was meant has no value either.
    expect(problemsOf(name, '')).toHaveLength(1)
  })

  test('B5: an unknown SEAM_MIRROR_ variable that is like none of ours is refused without a guess', () => {
    expect(problemsOf('SEAM_MIRROR_QUUX_FROBNICATION')).toEqual([
      'SEAM_MIRROR_QUUX_FROBNICATION is not a variable that seam-mirror knows',
    ])
  })

  test.each([
    'SEAM_CLIENT_SESSION_TOKEN',
    'SEAM_PUBLISHABLE_KEY',
    'SEAM_CUSTOMER_KEY',
    'SEAM_WORKSPACE_NAME',
    'SEAM_TEST_ENV',
    'SEAM_ENV',
    'SEAMLESS_API_KEY',
    'SEAMSTRESS',
  ])('B5: %s is somebody else’s', (name) => {
    expect(problemsOf(name)).toEqual([])
  })

  test('B1: a retention is refused with a clear word, because nothing would be deleted', () => {
    expect(problemsOf('SEAM_MIRROR_RETENTION_DAYS', '30')).toEqual([
      expect.stringMatching(/^SEAM_MIRROR_RETENTION_DAYS cannot be set yet: .*deletes no event/),
    ])
    expect(problemsOf('SEAM_MIRROR_RETENTION_DAYS', ' ')).toEqual([])
    expect(VARIABLES.map(({ name }): string => name)).not.toContain('SEAM_MIRROR_RETENTION_DAYS')
  })

  test('F11: what Kubernetes sets for a Service that is called seam-mirror, or begins so, is ignored', () => {
    const address = 'tcp://10.43.0.17:3000'
    const serviceVariables = (service: string) => ({
      [`${service}_SERVICE_HOST`]: '10.43.0.17',
      [`${service}_SERVICE_PORT`]: '3000',
      [`${service}_SERVICE_PORT_HTTP`]: '3000',
      [`${service}_PORT`]: address,
      [`${service}_PORT_3000_TCP`]: address,
      [`${service}_PORT_3000_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_3000_TCP_PORT`]: '3000',
      [`${service}_PORT_3000_TCP_ADDR`]: '10.43.0.17',
      [`${service}_PORT_9000_UDP`]: 'udp://10.43.0.17:9000',
    })
    for (const service of ['SEAM_MIRROR', 'SEAM_MIRROR_POSTGRES', 'SEAM', 'SEAM_API_KEY'])
      expect([service, ...unknownNames(serviceVariables(service))]).toEqual([service])
    // By hand it is none of those.
    expect(problemsOf('SEAM_MIRROR_PORT', '3000')).toHaveLength(1)
  })
})
