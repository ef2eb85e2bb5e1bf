import type { Gateway } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Trait } from '../trait.ts'

const TIMED_OUT = {
  status: 504,
  body: '<html><head><title>504 Gateway Time-out</title></head><body>504 Gateway Time-out</body></html>',
  headers: { 'content-type': 'text/html' },
}
const MOST_ITEMS = 100
const MOST_BYTES = 40_000

const timesOut: Gateway = ({ path, params }, answer) =>
  path === '/events/list' && Number(params.limit) > MOST_ITEMS ? TIMED_OUT : answer

const cutsOff: Gateway = ({ path, params }, answer) =>
  path === '/events/list' && Number(params.limit) > 1 && answer.body.length > MOST_BYTES ? 'cut-off' : answer

/** Traits of a gateway in front of Seam that fails on answers that are too much for it. */
export const GATEWAY_TRAITS: readonly Trait[] = [
  {
    name: 'gateway-times-out-on-long-pages',
    threatens: 'F7, I5',
    chance: 0.12,
    faults: { gateway: timesOut },
    excludes: ['gateway-cuts-off-long-answers'],
  },
  {
    name: 'gateway-cuts-off-long-answers',
    threatens: 'F7, E16, I5',
    chance: 0.12,
    faults: { gateway: cutsOff },
    // An audit makes four requests a second, so it would take longer than the round.
    excludes: ['gateway-times-out-on-long-pages', 'visible-too-late', 'huge-events'],
  },
]
