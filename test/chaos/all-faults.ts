import type { Fault } from './fault.ts'
import { ANSWER_FAULTS } from './faults/answers.ts'
import { POSTGRES_FAULTS } from './faults/postgres.ts'
import { PROCESS_FAULTS } from './faults/processes.ts'
import { WEBHOOK_FAULTS } from './faults/webhooks.ts'

/** Every fault that lasts for a moment; what holds for a whole round is in traits.ts. */
export const FAULTS: readonly Fault[] = [
  ...ANSWER_FAULTS,
  ...WEBHOOK_FAULTS,
  ...PROCESS_FAULTS,
  ...POSTGRES_FAULTS,
]
