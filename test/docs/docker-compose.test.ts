import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config/parse-config.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { runProgram } from '../support/run-program.ts'
import { WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { onServer } from '../support/postgres-server.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()

interface ComposeService {
  environment: Record<string, string>
  env_file?: string
  ports?: string[]
  mem_limit?: string
  logging?: { driver: string; options: Record<string, string> }
}

const read = (name: string) => readFileSync(path.join(import.meta.dirname, '../..', name), 'utf8')
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: { postgres: ComposeService; 'seam-mirror': ComposeService }
}
const { postgres, 'seam-mirror': service } = services

/** Fills in `${NAME:-default}` and `${NAME:?problem}` as compose does. An empty variable counts as none. */
function filledIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{(\w+):([-?])([^}]*)\}/g,
    (_all, name: string, operator: string, rest: string) => {
      const value = variables[name]
      if (value) return value
      if (operator === '?') throw new Error(rest)
      return rest
    },
  )
}

/** The container's environment: all of `.env`, and on top of it the compose file's own variables. */
function containerEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  expect(service.env_file).toBe('.env')
  const own = Object.entries(service.environment).map(([name, text]) => [name, filledIn(text, env)] as const)
  return { ...env, ...Object.fromEntries(own) }
}

describe('docker-compose.yml', () => {
  const env = { ...parseEnv(read('.env.example')), POSTGRES_PASSWORD: 'pw' } as Record<string, string>

  test('B2: every setting of .env reaches the service, so that a misspelt one is refused there', () => {
    const changed = Object.keys(service.environment).toSorted()
    expect(changed).toEqual(['DATABASE_URL', 'HOST', 'PGPASSWORD', 'PORT'])
    const config = parseConfig(
      containerEnvironment({
        ...env,
        SEAM_MIRROR_AUDIT_LOOKBACK_HOURS: '48',
        HOST: '10.0.0.1',
        PORT: '8080',
      }),
    )
    expect(config).toMatchObject({ auditLookbackHours: 48, host: null, port: 3000 })
    expect(() => parseConfig(containerEnvironment({ ...env, SEAM_MIRROR_SETLE_SECONDS: '5' }))).toThrow(
      'did you mean SEAM_MIRROR_SETTLE_SECONDS',
    )
  })

  test('B2: the example names what there is, and works as soon as it is filled in', () => {
    const known = new Set<string>([...VARIABLES.map(({ name }) => name), 'POSTGRES_PASSWORD'])
    expect(Object.keys(env).filter((name) => !known.has(name))).toEqual([])
    const filled = { ...env, SEAM_API_KEY: 'seam_test1_a_key', SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET }
    const secretsKey = Buffer.alloc(32, 7).toString('base64')
    const config = parseConfig(containerEnvironment({ ...filled, SEAM_MIRROR_SECRETS_KEY: secretsKey }))
    expect(config.warnings).toEqual([])
  })

  test('B2: without a password for the database nothing starts, and the reason names it', () => {
    const empty = { ...env, POSTGRES_PASSWORD: '' }
    expect(() => containerEnvironment(empty)).toThrow('POSTGRES_PASSWORD')
    expect(() => filledIn(postgres.environment.POSTGRES_PASSWORD ?? '', empty)).toThrow('POSTGRES_PASSWORD')
  })

  test('B2: memory and logs are limited, and the port is open to this machine only unless .env says otherwise', () => {
    for (const each of [postgres, service]) {
      expect(each.mem_limit).toMatch(/^\d+[mg]$/)
      expect(each.logging?.options).toMatchObject({ 'max-size': expect.any(String), 'max-file': '5' })
    }
    expect(postgres.ports).toBeUndefined()
    const ports = (variables: Record<string, string>) =>
      service.ports?.map((text) => filledIn(text, variables))
    expect(ports({})).toEqual(['127.0.0.1:3000:3000'])
    expect(ports({ HOST: '0.0.0.0', PORT: '8080' })).toEqual(['0.0.0.0:8080:3000'])
  })
})

test.each(['ab/cd+e=', 'a$b$$c%41 d#e', '"\'`\\@:?&ä'])(
  "B2: the database's password may be %j, as compose hands it over",
  async (password) => {
    const role = `role_${Buffer.from(password).toString('hex')}`
    await onServer(database.url, (client) =>
      client.query(`create role ${role} login superuser password ${client.escapeLiteral(password)}`),
    )
    onTestFinished(() => onServer(database.url, (client) => client.query(`drop role ${role}`)))
    const environment = containerEnvironment({ POSTGRES_PASSWORD: password })
    const { host, pathname } = new URL(database.url)
    const url = Object.assign(new URL(environment.DATABASE_URL ?? ''), { host, pathname, username: role })
    const migrate = (PGPASSWORD: string) =>
      runProgram('bin/seam-mirror.js', ['migrate'], { ...environment, DATABASE_URL: url.href, PGPASSWORD })
    expect(await migrate(environment.PGPASSWORD ?? '')).toMatchObject({ code: 0 })
    // If the server took any password, the success above would prove nothing.
    expect(await migrate(`${password}x`)).toMatchObject({ code: 1 })
  },
)
