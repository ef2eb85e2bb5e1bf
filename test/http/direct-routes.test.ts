import { expect, test } from 'vitest'
import { createDirectRoutes } from '../../src/http/direct-routes.ts'
import type { DirectRoute } from '../../src/http/route.ts'

const route = (path: string): DirectRoute => ({
  kind: 'direct',
  path,
  methods: ['POST'],
  summary: 'a test',
  handle: async () => {},
})
const find = createDirectRoutes([route('/hooks/seam'), route('/hooks/seam/:workspace_id')])

test.each<[string, string | null, string | null]>([
  ['/hooks/seam', '/hooks/seam', null],
  ['/hooks/seam/', '/hooks/seam', null],
  ['/hooks/seam?a=/b/', '/hooks/seam', null],
  ['/hooks/seam/?a', '/hooks/seam', null],
  ['/hooks/seam/one', '/hooks/seam/:workspace_id', 'one'],
  ['/hooks/seam/one/', '/hooks/seam/:workspace_id', 'one'],
  ['/hooks/seam/one?a=b', '/hooks/seam/:workspace_id', 'one'],
  ['/hooks/seam/:workspace_id', '/hooks/seam/:workspace_id', ':workspace_id'],
  ['/hooks/seam/one/two', null, null],
  ['//hooks/seam', null, null],
  ['/hooks', null, null],
  ['/hooks/sea', null, null],
  ['/hooks/seams', null, null],
  ['/Hooks/seam', null, null],
  ['/', null, null],
  ['', null, null],
  ['*', null, null],
  ['?', null, null],
])('the target %j belongs to the path %j, whose segment is %j', (target, path, segment) => {
  const found = find(target)
  expect([found?.route.path ?? null, found?.segment ?? null]).toEqual([path, segment])
})
