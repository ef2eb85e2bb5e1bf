/**
 * Decides what happens to secrets (I9). There are two implementations: one seals them with a key (`sealingSecrets`), and one keeps nothing
 * of them (`maskingSecrets`). Code that stores or shows data must be given one of the two, because a forgotten one would lose PINs for good.
 */
export interface Secrets {
  /** False when nothing can be sealed or opened; secrets are then masked and lost. */
  areKept: boolean
  /** Encrypts a text, bound to its context. Null when secrets are not kept. */
  seal(plaintext: string, context: string): Buffer | null
  /**
   * Like `seal`, but the same plaintext in the same context gives the same bytes as long as the key is the same. So two sealed values can
   * be compared without opening them.
   */
  sealRepeatably(plaintext: string, context: string): Buffer | null
  /** Decrypts a sealed value. Null when no key fits, or when the value or its context was changed. */
  open(sealed: Uint8Array, context: string): string | null
  /**
   * A digest that tells whether two values are the same. It is an HMAC with the key, if there is one, so it tells nothing to somebody without
   * the key. Without a key it is a plain SHA-256, so it must be used only for values that have no secrets in them (any more).
   */
  fingerprint(value: Uint8Array): Buffer
  /** The ids of the keys in hexadecimal, the sealing key first; none when secrets are not kept. */
  keyIds: readonly string[]
}
