/** The secrets of the laboratory's services. */
export const OLD_SECRET = secretOf('the old secret, 24 bytes')
export const NEW_SECRET = secretOf('the new secret, 24 bytes')
export const STRANGERS_SECRET = secretOf('a secret of nobody here!')
export const MIRROR_API_KEY = 'seam_mirror1_a_key_for_the_laboratory'
export const SECRETS_KEY_BYTES = Buffer.alloc(32, 'key of the laboratory')
export const SECRETS_KEY = SECRETS_KEY_BYTES.toString('base64')

function secretOf(text: string): string {
  return `whsec_${Buffer.from(text).toString('base64')}`
}
