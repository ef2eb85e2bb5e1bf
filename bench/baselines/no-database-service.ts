import { startReceiverWithoutDatabase } from '../service-parts.ts'

/* The ceiling of the webhook path: the service's own HTTP stack, verification and parsing, with a commit that does nothing. */

await startReceiverWithoutDatabase(process.env.SEAM_WEBHOOK_SECRET ?? '')
