const UUID = /^[\da-fA-F]{8}-[\da-fA-F]{4}-[\da-fA-F]{4}-[\da-fA-F]{4}-[\da-fA-F]{12}$/

/** True for any UUID in the usual spelling, whatever its version: Seam's event ids are not all v4 (contract, trap 20). */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value)
}
