export const IGNORED_PARAMETERS_HEADER = 'seam-mirror-ignored-parameters'

const MAX_NAMES = 10
const MAX_NAME_LENGTH = 40

/**
 * A header that names the parameters of a request that its endpoint does not have; none where there are none. Like Seam, the endpoints
 * ignore them (contract, 2.3), and a misspelt filter would otherwise look like one that matches everything.
 */
export function ignoredParameters(names: readonly string[]): Record<string, string> {
  return names.length === 0 ? {} : { [IGNORED_PARAMETERS_HEADER]: listNames(names) }
}

/** Ten names at most, cut to forty characters, in those that a header can hold. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => {
    const cut = name.slice(0, MAX_NAME_LENGTH)
    // Half of a pair may be left at the cut, and can't be encoded.
    const encoded = encodeURIComponent(cut.toWellFormed()).replaceAll('%5B', '[').replaceAll('%5D', ']')
    return cut === name ? encoded : `${encoded}...`
  })
  return names.length > MAX_NAMES ? `${shown.join(', ')}, ...` : shown.join(', ')
}
