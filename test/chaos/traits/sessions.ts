import { buildClientSession } from '../../../src/simulated-seam/build-hotel.ts'
import type { Rig } from '../rig.ts'
import type { Random } from '../../../src/simulated-seam/random.ts'
import type { Trait } from '../trait.ts'

const MANY = 20_000

/** Traits of a faulty listing of client sessions. */
export const SESSION_TRAITS: readonly Trait[] = [
  { name: 'unusable-sessions', threatens: 'E9, I10, I11', chance: 0.25, begin: listUnusable },
  {
    name: 'many-sessions',
    threatens: 'E8, I12',
    chance: 0.05,
    begin: ({ seam }, random) => addMany(seam.hotel, random),
  },
  {
    name: 'sessions-come-and-go',
    threatens: 'E9, I10',
    chance: 0.4,
    during: {
      chance: 0.05,
      act: ({ seam: { hotel }, seamNow }, random) => {
        // No event says this; only the listing shows it.
        if (hotel.clientSessions.length > 4)
          hotel.clientSessions.splice(random.integer(0, hotel.clientSessions.length - 1), 1)
        hotel.clientSessions.push(buildClientSession(hotel, random.integer(0, 999), seamNow() * 1000, random))
      },
    },
  },
]

function listUnusable({ seam, seamNow, ledger }: Rig, random: Random): void {
  const { hotel } = seam
  const session = () => buildClientSession(hotel, random.integer(0, 999), seamNow() * 1000, random)
  const twice = session()
  const strange = [
    { ...session(), client_session_id: 'x'.repeat(201) },
    { ...session(), workspace_id: random.uuid() },
    twice,
    { ...session(), client_session_id: twice.client_session_id },
    'no session',
  ]
  seam.setFaults({ strangeSessions: strange })
  const reasons = ['session_bad_id', 'session_foreign_workspace', 'session_id_twice', 'session_not_an_object']
  ledger.planted.quarantined.push(...reasons.map((reason) => ({ reason, marker: null })))
}

function addMany(hotel: Rig['seam']['hotel'], random: Random): void {
  const at = Date.now() * 1000
  for (let i = 0; i < MANY; i++) hotel.clientSessions.push(buildClientSession(hotel, i, at, random))
}
