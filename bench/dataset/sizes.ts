/** How many events are stored when reading is measured (the figures). */
export const FEW_EVENTS = 100_000
export const MANY_EVENTS = 5_000_000
