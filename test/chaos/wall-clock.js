import { Socket } from 'node:net'

/*
 * Loaded into the service before its own code: the laboratory sets the wall clock of the process through its fourth pipe, by so many
 * milliseconds from the true one. Timers and `performance.now()` go on as they do.
 */

const TrueDate = Date
const trueNow = TrueDate.now
let offsetMs = Number(process.env.CHAOS_WALL_CLOCK_MS ?? 0)
const now = () => trueNow() + offsetMs

TrueDate.now = now
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new TrueDate(now()).toString(),
})

new Socket({ fd: 3, writable: false })
  .setEncoding('utf8')
  .on('data', (text) => {
    offsetMs = Number(text.trim().split('\n').at(-1))
  })
  .on('error', () => {})
  .unref()
