/** What became of a quarantined item that was tried once more. */
export type RetryOutcome =
  /** The item is an event now, and no longer in quarantine. `isNew` is false when an event with its id was stored before. */
  | { kind: 'stored'; workspaceId: string; eventId: string; eventType: string | null; isNew: boolean }
  /** The item is a usable client session now, and no longer in quarantine. The next sync stores it if Seam still lists it. */
  | { kind: 'superseded' }
  /** The item stays in quarantine, with today's reason. */
  | { kind: 'stays'; reason: string; detail: string }
  /** There is no such item, or no longer. */
  | { kind: 'unknown' }
