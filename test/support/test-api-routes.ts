import { type ApiOptions, createApiRoutes, type MakeApiRoute } from '../../src/http/api-route.ts'
import { createBodyReader } from '../../src/http/create-body-reader.ts'

/** Endpoints with what stands around them, without limits that a test could meet by accident. */
export function testApiRoutes(options: Partial<ApiOptions> & Pick<ApiOptions, 'authenticate'>): MakeApiRoute {
  return createApiRoutes({
    recall: () => null,
    readBody: createBodyReader(),
    share: (_caller, work) => work(),
    ...options,
  })
}
