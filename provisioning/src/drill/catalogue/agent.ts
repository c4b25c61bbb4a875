import { rename } from 'node:fs/promises'
import { formatTime } from '@probant/host'
import { Type } from 'typebox'
import { atCentre } from '../at-centre.ts'
import { attack, honest, type Attack } from '../attack.ts'
import { exchangeKey, keyFile } from '../keys.ts'
import { nightIsNow, quickHeads } from '../schedule.ts'
import type { Specimen } from '../specimen.ts'

const anything = Type.Unknown()
const MINUTE_MS = 60_000

/** Of quick heads, with what the centre waits and looks between. */
const fiveHeads = {
  bound: 'five heads that did not come (300 s; the drill has one every 10 s)',
  boundS: 110,
} as const

/** What keeps a box silent, wholly or in part: attacks 11, 14b and 29a. */
export const agent: readonly Attack[] = [
  attack({
    id: '11a',
    attack: 'the agent frozen, so that nothing leaves the box any more',
    expected: ['journal-unwitnessed'],
    raisedBy: 'centre',
    ...fiveHeads,
    carryOut: async (specimen) => {
      await quickHeads(specimen)
      await freezeAgent(specimen)
      return { watch: atCentre(specimen) }
    },
  }),
  attack({
    id: '11b',
    attack: 'the agent’s heads kept flowing, but not its traces',
    expected: ['missing-shipment'],
    raisedBy: 'centre',
    bound: 'the end of the night and its grace',
    boundS: 150,
    carryOut: async (specimen) => {
      await specimen.deposit('witnessed, never shipped')
      await nightIsNow(specimen)
      return {
        watch: async () => {
          const found = await specimen.findings()
          if (found.some(({ kind }) => kind === 'journal-unwitnessed'))
            throw new Error('its heads do not flow')
          return atCentre(specimen)()
        },
      }
    },
  }),
  attack({
    id: '11c',
    attack: 'the traces of a night kept back, and shipped the day after',
    expected: ['late-shipment'],
    raisedBy: 'centre',
    bound: 'when they come, beside the night that was told as missing',
    boundS: 170,
    carryOut: async (specimen) => {
      await specimen.deposit('a day late')
      await nightIsNow(specimen)
      return {
        watch: async () => {
          const found = await specimen.findings()
          if (found.some(({ kind }) => kind === 'missing-shipment')) await specimen.ship()
          return atCentre(specimen)()
        },
      }
    },
  }),
  honest({
    id: '11h',
    attack: 'a box switched off for longer than five heads, in maintenance that was announced',
    ...fiveHeads,
    carryOut: async (specimen) => {
      await quickHeads(specimen)
      const nowMs = specimen.clock.nowMs()
      await specimen.centre().call(anything, 'POST', '/maintenance-windows', {
        box: specimen.boxId,
        startsAt: formatTime(nowMs),
        endsAt: formatTime(nowMs + 2 * MINUTE_MS),
        reason: 'the electrician comes',
      })
      await freezeAgent(specimen)
      await specimen.clock.sleep(75_000)
      await specimen.end('agent', 'SIGCONT')
      return {}
    },
  }),
  attack({
    id: '14b',
    attack: 'the agent’s SSH key exchanged',
    expected: ['journal-unwitnessed'],
    raisedBy: 'centre',
    ...fiveHeads,
    carryOut: async (specimen) => {
      await quickHeads(specimen)
      await exchangeKey(specimen, 'agent', 'agent-ssh')
      await specimen.restart('agent')
      if (await specimen.ship()) throw new Error('the centre talks to another key')
      return { watch: atCentre(specimen) }
    },
  }),
  attack({
    id: '29a',
    attack: 'the journal’s key lost',
    expected: ['journalling-stopped', 'missing-shipment', 'journal-unwitnessed'],
    raisedBy: 'either',
    bound: 'no act is possible at once; told with the next head, else by silence (300 s)',
    boundS: 340,
    carryOut: async (specimen) => {
      const key = keyFile(specimen, 'box', 'journal')
      await rename(key, `${key}.gone`)
      await specimen.end('appliance', 'SIGKILL')
      return { watch: atCentre(specimen) }
    },
  }),
]

async function freezeAgent(specimen: Specimen): Promise<void> {
  await specimen.end('agent', 'SIGSTOP')
  specimen.atEnd(() => specimen.end('agent', 'SIGCONT'))
}
