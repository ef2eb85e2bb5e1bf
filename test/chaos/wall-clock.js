import { Socket } from 'node:net'

/*
 * This is loaded into the service before its own code. Through the process's fourth pipe the laboratory sets the process's wall clock to a
 * number of milliseconds from the true time. Timers and `performance.now()` are not affected.
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
