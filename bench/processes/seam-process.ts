import { sampleEvents } from '../events/make-events.ts'
import { WORKSPACE_ID } from '../service-parts.ts'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'

/* A simulated Seam without latency. Its workspace has a number of events, evenly spread over a week that ended a while ago. */

const { EVENTS = '0', FROM = '', TO = '', SEAM_API_KEY = '' } = process.env
const seam = await startSimulatedSeam({ workspaceId: WORKSPACE_ID, apiKey: SEAM_API_KEY })
const samples = sampleEvents()
const count = Number(EVENTS)
const stepMs = (Date.parse(TO) - Date.parse(FROM)) / count
seam.add(
  Array.from({ length: count }, (_, i) => ({
    ...samples[i % samples.length],
    event_id: `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`,
    created_at: new Date(Date.parse(FROM) + i * stepMs).toISOString().replace('Z', '000Z'),
  })),
)
console.log(JSON.stringify({ url: seam.url, msg: 'listening' }))
