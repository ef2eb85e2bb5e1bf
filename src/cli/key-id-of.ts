/** Returns a key's id. Accepts a whole pasted key as well. */
export function keyIdOf(text: string): string {
  const parts = text.split('_')
  return parts.length > 2 ? parts.slice(0, 2).join('_') : text
}

export function unknownKey(keyId: string): Error {
  return new Error(`There is no key ${keyId}; see seam-mirror keys list.`)
}
