export const IGNORED_PARAMETERS_HEADER = 'seam-mirror-ignored-parameters'

const MAX_NAMES = 10
const MAX_NAME_LENGTH = 40

/**
 * Returns a header that names the parameters that the endpoint does not have; empty when there are none. Like Seam, the endpoints
 * ignore them (contract, 2.3), so a misspelt filter would otherwise look like one that matches everything.
 */
export function ignoredParameters(names: readonly string[]): Record<string, string> {
  return names.length === 0 ? {} : { [IGNORED_PARAMETERS_HEADER]: listNames(names) }
}

/** Lists at most ten names, each cut to forty characters, in characters that a header can hold. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => {
    const cut = name.slice(0, MAX_NAME_LENGTH)
    // The cut may leave half of a surrogate pair, which cannot be encoded.
    const encoded = encodeURIComponent(cut.toWellFormed()).replaceAll('%5B', '[').replaceAll('%5D', ']')
    return cut === name ? encoded : `${encoded}...`
  })
  return names.length > MAX_NAMES ? `${shown.join(', ')}, ...` : shown.join(', ')
}
