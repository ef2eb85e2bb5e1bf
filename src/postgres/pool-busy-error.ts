/** All connections are in use, and as many callers as allowed wait for one. */
export class PoolBusyError extends Error {
  override readonly name = 'PoolBusyError'
}
