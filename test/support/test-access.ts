import { admitAuthenticated } from '../../src/http/admit.ts'
import type { CallerAccess } from '../../src/http/caller-access.ts'
import { createBodyReader } from '../../src/http/create-body-reader.ts'
import { STREAM_LIMITS } from '../../src/http/stream-limits.ts'

/** What stands around routes for callers, without limits that a test could meet by accident. */
export function testAccess(
  options: Partial<CallerAccess> & Pick<CallerAccess, 'authenticate'>,
): CallerAccess {
  return {
    admit: admitAuthenticated(options.authenticate),
    readBody: createBodyReader(),
    share: (_caller, work) => work(),
    stopping: new AbortController().signal,
    streamLimits: STREAM_LIMITS,
    ...options,
  }
}
