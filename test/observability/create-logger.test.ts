import { describe, expect, test } from 'vitest'
import { createLogger } from '../../src/observability/create-logger.ts'

function logged(work: (logger: ReturnType<typeof createLogger>) => void, level = 'info') {
  const lines: string[] = []
  work(createLogger(level, { write: (line) => void lines.push(line) }))
  return lines
}

describe('the log', () => {
  test('is one line of JSON for each message, with its time, and no lower levels', () => {
    const lines = logged((logger) => {
      logger.debug('unheard')
      logger.info({ url: 'http://localhost:3000' }, 'listening\nfor ever')
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).not.toContain('\n')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      pid: process.pid,
      url: 'http://localhost:3000',
      msg: 'listening\nfor ever',
    })
  })

  test.each(['err', 'error'])('I9: an error under the key %s is cut down to what a reader needs', (key) => {
    const cause = Object.assign(new Error('the cause'), { code: '57P01', client: { password: 'hunter2' } })
    const error = Object.assign(new TypeError('the failure', { cause }), {
      config: { headers: { authorization: 'Bearer hunter2' } },
      parameters: ['hunter2'],
    })
    const [line = ''] = logged((logger) => logger.error({ [key]: error }, 'failed'))
    expect(line).not.toContain('hunter2')
    expect((JSON.parse(line) as Record<string, unknown>)[key]).toMatchObject({
      name: 'TypeError',
      message: 'the failure',
      stack: expect.stringContaining('create-logger.test'),
      cause: { name: 'Error', message: 'the cause', code: '57P01' },
    })
  })

  test('I9: a thrown value that is no error is not shown', () => {
    const [line = ''] = logged((logger) => logger.error({ error: { token: 'hunter2' } }, 'failed'))
    expect(line).not.toContain('hunter2')
    expect(line).toContain('not an Error')
  })

  test('causes that go round in a circle end', () => {
    const error = new Error('round')
    error.cause = error
    expect(logged((logger) => logger.error({ error }))).toHaveLength(1)
  })
})
