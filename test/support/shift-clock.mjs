// Loaded into a process before everything else (`--import`): its wall clock is set, as SHIFT_CLOCK says: [[after ms, by ms], …]. The
// monotonic clock, and with it all timers, go on.
const steps = JSON.parse(process.env.SHIFT_CLOCK ?? '[]')
const TrueDate = Date

const offset = () =>
  steps.filter(([afterMs]) => performance.now() >= afterMs).reduce((sum, [, byMs]) => sum + byMs, 0)

globalThis.Date = class extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + offset())
    else super(...given)
  }

  static now() {
    return TrueDate.now() + offset()
  }
}
