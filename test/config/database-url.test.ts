import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { describeConfig } from '../../src/config/describe-config.ts'
import { parse } from 'pg-connection-string'

const read = (url: string) => parseConfig({ DATABASE_URL: url }).databaseUrl ?? ''

test.each([
  [
    'postgres://user:secret@/db?host=/run/postgresql',
    { host: '/run/postgresql', user: 'user', database: 'db' },
  ],
  ['postgres:///db?host=/run/postgresql&user=me', { host: '/run/postgresql', user: 'me', database: 'db' }],
  ['/run/postgresql db', { host: '/run/postgresql', database: 'db' }],
  ['socket:/run/postgresql?db=db', { host: '/run/postgresql', database: 'db' }],
  ['postgres://user:ab%2Fcd+e%3D@host/db', { password: 'ab/cd+e=', host: 'host' }],
  ['postgres://user:a%23b@host/db', { password: 'a#b', host: 'host' }],
  ['postgres://user:a%3Fb%25@host:5433/db', { password: 'a?b%', host: 'host', port: '5433' }],
  ['postgres://user:%41@host/db', { password: 'A' }],
  ['postgres://user:a%zz@host/db', { password: 'a%zz' }],
  ['postgres://user:a@b@host/db', { password: 'a@b', host: 'host' }],
  ['postgres://user:a b@host/db', { password: 'a b', host: 'host' }],
  ['postgres://u:p@[::1]:5433/db', { host: '::1', port: '5433' }],
  ['POSTGRES://u:p@host/db', { host: 'host' }],
  ['postgres://u:p@host/db?options=-c%20search_path%3Dmine', { options: '-c search_path=mine' }],
  ['postgres://host/db?user=u&password=p@q', { host: 'host', password: 'p@q' }],
])('F15: what pg takes is taken, and means what pg takes it for: %s', (url, wanted) => {
  expect(parse(read(url))).toMatchObject(wanted)
})

test.each([
  'postgres://user:ab/cdsecret@host/db',
  'postgres://user:1/cdsecret@host/db',
  'postgres://user:a#secret@host/db',
  'postgres://user:1#secret@host/db',
  'postgres://user:a?secret@host/db',
  'postgres://user:1?secret@host/db',
  'postgres://user:secret%cd@host/db',
  'postgres://user:secret%zz%2F@host/db',
  'postgres://user:secret@host:port/db',
])(
  'F15: what pg would not take, or take for another password, is refused in words that do not repeat it: %s',
  (url) => {
    const problem = (() => {
      try {
        return `taken as ${read(url)}`
      } catch (error) {
        return error instanceof ConfigError ? error.message : `thrown: ${String(error)}`
      }
    })()
    expect(problem).toMatch(
      /DATABASE_URL cannot be read: in its user and password, write % as %25, \/ as %2F/,
    )
    expect(problem).not.toContain('secret')
  },
)

test('F16: a file of TLS options that is not there is named', () => {
  expect(() => read('postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem')).toThrow(
    /DATABASE_URL names a file that cannot be read: \/nowhere\/ca.pem \(ENOENT\)$/m,
  )
})

test('F16: sslmode means what it means to pg, without pg’s warning', async () => {
  const warnings: unknown[] = []
  const onWarning = (warning: unknown) => void warnings.push(warning)
  process.on('warning', onWarning)
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full'])
    expect(parse(read(`postgres://u:p@h/d?sslmode=${mode}&connect_timeout=5`)).ssl).toEqual({})
  expect(parse(read('postgres://u:p@h/d?uselibpqcompat=true&sslmode=require')).ssl).toEqual({
    rejectUnauthorized: false,
  })
  expect(parse(read('postgres://u:p@h/d?sslmode=no-verify')).ssl).toEqual({ rejectUnauthorized: false })
  // Warnings come with the next turn.
  await setImmediate()
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test.each([
  'postgres://user:hunter2@/db?host=/dir',
  'postgres://user:hunter2@host/db',
  'postgres://h/d?password=hunter2',
])('F15, I9: the configuration is shown without the password: %s', (url) => {
  const environment = { DATABASE_URL: url }
  expect(JSON.stringify(describeConfig(parseConfig(environment), environment))).not.toContain('hunter2')
})
