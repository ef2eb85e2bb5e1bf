import { describe, expect, test } from 'vitest'

import { ask, askByGet, startSeam } from './ask.ts'

describe('credentials', () => {
  test('the API key is accepted, in any case of the scheme', async () => {
    const seam = await startSeam()
    const { status, body } = await ask(
      seam,
      '/workspaces/get',
      {},
      { authorization: `bearer ${seam.apiKey}` },
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({ workspace: { workspace_id: seam.workspaceId }, ok: true })
    expect(seam.apiKey).toMatch(/^seam_simulated1_\w{24}$/)
  })

  test('a personal access token needs the right workspace', async () => {
    const seam = await startSeam()
    const authorization = `Bearer ${seam.personalAccessToken}`
    const withWorkspace = (id: string) =>
      ask(seam, '/workspaces/get', {}, { authorization, 'seam-workspace': id })
    expect((await withWorkspace(seam.workspaceId)).status).toBe(200)
    expect((await withWorkspace('another')).body).toMatchObject({ error: { type: 'workspace_not_found' } })
    expect((await ask(seam, '/workspaces/get', {}, { authorization })).status).toBe(400)
  })

  test.each<Record<string, string>>([
    {},
    { authorization: 'Bearer seam_wrong_key' },
    { authorization: 'Basic abc' },
  ])('the headers %j are answered 401', async (headers) => {
    const seam = await startSeam()
    const { status, body } = await ask(seam, '/events/list', {}, headers)
    expect(status).toBe(401)
    expect(body).toMatchObject({ error: { type: 'unauthorized' }, ok: false })
  })
})

describe('errors', () => {
  test('an error has Seam’s shape, and its request id is in the header too', async () => {
    const seam = await startSeam()
    const { status, headers, body } = await ask(seam, '/events/list')
    expect(status).toBe(400)
    expect(headers.get('content-type')).toMatch(/^application\/json/)
    const message = 'Must specify either since or between'
    const request_id = headers.get('seam-request-id')
    expect(request_id).toBeTruthy()
    expect(body).toEqual({
      error: { type: 'invalid_input', message, validation_errors: { _errors: [message] }, request_id },
      ok: false,
    })
  })

  const time = '2025-06-15T16:54:17.946Z'
  test.each([
    [{ since: time, between: [time, time] }, 'Cannot specify both since and between'],
    [{ since: 'yesterday' }, 'Must be parsable date string if defined for "since"'],
    [{ since: null }, 'Must be parsable date string if defined for "since"'],
    [{ since: '1750006457' }, 'Must be parsable date string if defined for "since"'],
    [{ between: [time] }, 'Array must contain at least 2 element(s) for "between"'],
    [{ between: [time, time] }, 'second value must be greater than first value for "between"'],
    [{ since: time, limit: 'ten' }, 'Expected number, received string for "limit"'],
    [{ since: time, limit: 0 }, 'Must be a positive integer for "limit"'],
    [{ since: time, device_id: 'x' }, 'Invalid uuid for "device_id"'],
    [{ since: 'x', device_id: 'x' }, '2 Input Errors: '],
    [
      { since: time, space_ids: Array(101).fill(crypto.randomUUID()) },
      'at most 100 element(s) for "space_ids"',
    ],
  ])('%j is refused: %s', async (params, message) => {
    const seam = await startSeam()
    const { status, body } = await ask(seam, '/events/list', params)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      error: { type: 'invalid_input', message: expect.stringContaining(message) },
    })
  })

  test('a scalar that is given twice in a query is refused', async () => {
    const seam = await startSeam()
    expect((await askByGet(seam, '/events/list?since=2025-01-01&since=2025-01-02')).status).toBe(400)
  })

  test.each([
    ['PUT', '/events/list', 405],
    ['GET', '/locks/list', 404],
  ])('%s %s is answered %i', async (method, path, status) => {
    const seam = await startSeam()
    const response = await fetch(seam.url + path, {
      method,
      headers: { authorization: `Bearer ${seam.apiKey}` },
    })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ ok: false })
  })

  test.each([
    ['application/json', '{"since":', 400, 'Invalid JSON'],
    ['text/plain', 'since=2025', 400, 'content type'],
    ['application/json', `{"since":"${'x'.repeat(9 * 1024 * 1024)}"}`, 413, 'Body exceeds'],
  ])('a body of %s that cannot be used is refused', async (type, body, status, message) => {
    const seam = await startSeam()
    const headers = { authorization: `Bearer ${seam.apiKey}`, 'content-type': type }
    const response = await fetch(`${seam.url}/events/list`, { method: 'POST', headers, body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } })
  })

  test('an empty form is a request without parameters, as older SDKs send it', async () => {
    const seam = await startSeam()
    const headers = {
      authorization: `Bearer ${seam.apiKey}`,
      'content-type': 'application/x-www-form-urlencoded',
    }
    const response = await fetch(`${seam.url}/client_sessions/list`, { method: 'POST', headers })
    expect(response.status).toBe(200)
  })
})
