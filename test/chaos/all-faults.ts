import type { Fault } from './fault.ts'
import { ANSWER_FAULTS } from './faults/answers.ts'
import { CLOCK_FAULTS } from './faults/clocks.ts'
import { POSTGRES_FAULTS } from './faults/postgres.ts'
import { PROCESS_FAULTS } from './faults/processes.ts'
import { READER_FAULTS } from './faults/readers.ts'
import { WEBHOOK_FAULTS } from './faults/webhooks.ts'

/** Every fault that lasts for a moment; what holds for a whole round is in all-traits.ts. */
export const FAULTS: readonly Fault[] = [
  ...ANSWER_FAULTS,
  ...CLOCK_FAULTS,
  ...WEBHOOK_FAULTS,
  ...READER_FAULTS,
  ...PROCESS_FAULTS,
  ...POSTGRES_FAULTS,
]
