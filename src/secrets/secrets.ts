/**
 * What becomes of the secrets in what is stored (I9). There are two: one that seals them with a key (`sealingSecrets`), and one that keeps
 * nothing of them (`maskingSecrets`). Whoever stores or shows something must be given one of the two: forgetting it would lose PINs for good.
 */
export interface Secrets {
  /** False when nothing can be sealed or opened: secrets are masked and gone. */
  areKept: boolean
  /** Null when secrets are not kept. */
  seal(plaintext: string, context: string): Buffer | null
  /**
   * Like `seal`, and the same plaintext in the same context gives the same bytes as long as the key is the same: so it can be seen without
   * opening them whether two values differ.
   */
  sealRepeatably(plaintext: string, context: string): Buffer | null
  /** Null when no key fits, or the value or its context was changed. */
  open(sealed: Uint8Array, context: string): string | null
  /**
   * Tells whether two values are the same. With a key it tells nothing to somebody without it; else it is a plain SHA-256, only for
   * what has no secrets in it (any more).
   */
  fingerprint(value: Uint8Array): Buffer
  /** Hexadecimal, the sealing one first; none when secrets are not kept. */
  keyIds: readonly string[]
}
