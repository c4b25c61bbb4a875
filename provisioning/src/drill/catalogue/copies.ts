import { routeAgentTo } from '../agent-route.ts'
import { attack, atShipment, honest, type Attack } from '../attack.ts'
import { startClone } from '../clone.ts'
import { copyDisk, putDiskBack } from '../disk.ts'
import { journalPlaces } from '../journal-places.ts'
import type { Specimen } from '../specimen.ts'

/** Disks put back and machines run twice: attacks 23 to 25. */
export const copies: readonly Attack[] = [
  attack({
    id: '23',
    attack: 'an older disk put back silently',
    expected: ['rollback', 'truncated', 'undeclared-restore'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await copyDisk(specimen)
      await work(specimen, 4)
      await specimen.ship()
      await putDiskBack(specimen)
      return {}
    },
  }),
  attack({
    id: '24',
    attack: 'the same, then worked on until it is longer than before',
    expected: ['fork', 'rollback'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await copyDisk(specimen)
      await work(specimen, 4)
      await specimen.ship()
      const before = (await journalPlaces(specimen)).size
      await putDiskBack(specimen)
      while ((await journalPlaces(specimen)).size <= before) await work(specimen, 4)
      return {}
    },
  }),
  attack({
    id: '25',
    attack: 'a clone run beside the original, both at work',
    expected: ['fork', 'clone'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const clone = await startClone(specimen)
      await routeAgentTo(clone, specimen.firstPort + 3)
      await work(specimen, 2)
      await work(clone, 3)
      await specimen.ship()
      await clone.ship()
      return {}
    },
  }),
  honest({
    id: '23h',
    attack: 'the whole machine stopped and started again',
    ...atShipment,
    carryOut: async (specimen) => {
      await work(specimen, 1)
      await specimen.stop()
      await specimen.start()
      await work(specimen, 1)
      return {}
    },
  }),
  honest({
    id: '24h',
    attack: 'the power cut: every part killed at once, with deposits under way',
    ...atShipment,
    carryOut: async (specimen) => {
      const underWay = work(specimen, 3).catch(() => undefined)
      for (const part of ['appliance', 'agent', 'supervisor'] as const)
        await specimen.end(part, 'SIGKILL')
      await underWay
      await specimen.backAgain()
      await work(specimen, 1)
      return {}
    },
  }),
]

async function work(specimen: Specimen, deposits: number): Promise<void> {
  for (let at = 0; at < deposits; at += 1) await specimen.deposit(`work ${at}`)
}
