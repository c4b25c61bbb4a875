import { attack, honest, type Attack } from '../attack.ts'
import { atCentre } from '../at-centre.ts'
import { seenByCentre } from '../observation.ts'
import { heal, machine } from '../machine.ts'
import type { MachineState } from '../interposed/state.ts'
import type { Specimen } from '../specimen.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The wall clocks of box and centre: attacks 9 and 40. */
export const clocks: readonly Attack[] = [
  attack({
    id: '9a',
    attack: 'the box’s clock set forward an hour',
    expected: ['clock-skew'],
    raisedBy: 'centre',
    bound: 'the next session (60 s by default)',
    boundS: 75,
    isInterposed: true,
    carryOut: async (specimen) => {
      await setBox(specimen, { offsetMs: HOUR_MS, frozenAtMs: null })
      await specimen.deposit('an hour ahead')
      return {}
    },
  }),
  attack({
    id: '9b',
    attack: 'the box’s clock set back a day',
    expected: ['clock-regression'],
    raisedBy: 'centre',
    bound: 'the next shipment; the clock itself (`clock-skew`) with the next session',
    boundS: 75,
    isInterposed: true,
    carryOut: async (specimen) => {
      await setBox(specimen, { offsetMs: -DAY_MS, frozenAtMs: null })
      await specimen.deposit('a day back').catch(() => undefined)
      return {}
    },
  }),
  attack({
    id: '9c',
    attack: 'the box’s clock stopped, deposits going on',
    expected: ['clock-skew', 'journal-unwitnessed'],
    raisedBy: 'centre',
    bound: 'the first session after 120 s, or five heads that did not come',
    boundS: 330,
    isInterposed: true,
    carryOut: async (specimen) => {
      await setBox(specimen, { offsetMs: 0, frozenAtMs: specimen.clock.nowMs() })
      await specimen.deposit('at an instant that stays')
      return {
        watch: async () => {
          await specimen.clock.sleep(10_000)
          await specimen.ship()
          return atCentre(specimen)()
        },
      }
    },
  }),
  honest({
    id: '9h',
    attack: 'started with an empty clock battery, a year back; a time server puts it right',
    mayRaise: ['clock-skew', 'clock-regression', 'deposits-stopped'],
    bound: 'the next shipment',
    boundS: 75,
    isInterposed: true,
    carryOut: async (specimen) => {
      await setBox(specimen, { offsetMs: -365 * DAY_MS, frozenAtMs: null })
      for (const part of ['appliance', 'agent'] as const) await specimen.restart(part, 'SIGTERM')
      await specimen.deposit('by a clock without a battery').catch(() => undefined)
      await specimen.ship()
      await heal(specimen)
      await specimen.deposit('by a clock that is right again')
      if (!(await specimen.ship())) throw new Error('the box is not heard any more')
      return {}
    },
  }),
  centreClock('40a', 'the centre’s clock set forward a day', DAY_MS, 'supervisor-was-blind'),
  centreClock('40b', 'the centre’s clock set back a day', -DAY_MS, 'clock-regression'),
]

/** The centre says it of itself, and accuses no box, whose clock is right. */
function centreClock(id: string, what: string, offsetMs: number, kind: string): Attack {
  return attack({
    id,
    attack: what,
    expected: [kind],
    raisedBy: 'centre',
    bound: 'its next look at the clock (10 s), in its own findings; none about the box',
    boundS: 60,
    isInterposed: true,
    carryOut: async (specimen) => {
      const known = new Set((await specimen.findings('centre')).map((finding) => finding.id))
      const before = (await specimen.findings()).length
      await machine(specimen, { parts: ['supervisor'], clock: { offsetMs, frozenAtMs: null } })
      await specimen.deposit('while the centre’s clock is wrong')
      if (!(await specimen.ship())) throw new Error('the box is not heard any more')
      return {
        watch: async () => {
          if ((await specimen.findings()).length > before) throw new Error('the box is accused')
          const found = await specimen.findings('centre')
          return found.filter((finding) => !known.has(finding.id)).map(seenByCentre)
        },
      }
    },
  })
}

/** The machine’s clock, as the vault service and the agent both see it. */
const setBox = (specimen: Specimen, clock: NonNullable<MachineState['clock']>) =>
  machine(specimen, { parts: ['appliance', 'agent'], clock })
