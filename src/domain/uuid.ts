const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** True for any UUID in the usual spelling, whatever its version: Seam's event ids are not all v4 (contract, trap 20). */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value)
}
