import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { everythingIsThere, GoingOn } from '../acknowledged.ts'
import { attack, honest, withstood, type Attack, type Deed } from '../attack.ts'
import { atCentre } from '../at-centre.ts'
import { heal, machine } from '../machine.ts'
import type { MachineState } from '../interposed/state.ts'
import { readDemo } from '../demo.ts'
import { quickHeads } from '../schedule.ts'
import type { Specimen } from '../specimen.ts'
import { homePaths } from '../../installation/layout.ts'

const run = promisify(execFile)

/** What is under the vault service: its signer, its disk, its memory: attacks 29, 42 and 44. */
export const hardware: readonly Attack[] = [
  signer('29b', 'the signer gives signatures that don’t verify', 'wrong'),
  signer('29c', 'the signer answers with errors', 'error'),
  signer('29d', 'the signer doesn’t answer', 'nothing'),
  honest({
    id: '29h',
    attack: 'the signer away for some seconds, deposits waiting for it',
    bound: 'the next shipment',
    boundS: 75,
    isInterposed: true,
    carryOut: async (specimen) => {
      await machine(specimen, { parts: ['appliance'], signer: 'error' })
      const waiting = specimen.deposit('waits for the signer').catch(() => undefined)
      await specimen.clock.sleep(4000)
      await heal(specimen)
      await waiting
      await specimen.clock.sleep(6000)
      await specimen.deposit('signed as ever')
      return {}
    },
  }),
  disk('42a', 'the disk full, and without inodes', [
    { calls: ['write'], code: 'ENOSPC' },
    { calls: ['create'], code: 'ENOSPC' },
  ]),
  disk('42b', 'the disk mounted read-only', [{ calls: ['create', 'rename'], code: 'EROFS' }]),
  disk('42c', 'I/O errors on opening, writing, syncing and renaming, each in turn', [
    { calls: ['create'], code: 'EIO' },
    { calls: ['write'], code: 'EIO' },
    { calls: ['sync'], code: 'EIO' },
    { calls: ['rename'], code: 'EIO' },
  ]),
  withstood({
    id: '42d',
    attack: 'a disk that takes 0.4 s for every call',
    ...survived(),
    isInterposed: true,
    carryOut: async (specimen) => {
      const slow = { calls: ['create', 'write', 'sync', 'rename'] as const, code: null }
      await machine(specimen, badDisk(specimen, slow))
      const deposits = new GoingOn(specimen)
      try {
        await deposits.more(5)
      } finally {
        await deposits.end()
      }
      return { watch: everythingIsThere(specimen, deposits.acknowledged) }
    },
  }),
  withstood({
    id: '44',
    attack: 'no more memory for the vault service while deposits go on',
    ...survived(),
    carryOut: withoutMemory,
  }),
]

function survived() {
  return {
    outcome: 'survived',
    raisedBy: 'box',
    bound: 'as soon as it works again',
    boundS: 90,
  } as const
}

/** A deposit that were taken without proof would be the attacker’s success; so would be a box that says nothing. */
function signer(id: string, what: string, answer: NonNullable<MachineState['signer']>): Attack {
  return attack({
    id,
    attack: what,
    expected: ['journalling-stopped', 'deposits-stopped'],
    raisedBy: 'either',
    bound:
      'deposits fail at once; told with the next head after 20 s (60 s; the drill has one every 10 s)',
    boundS: 60,
    isInterposed: true,
    carryOut: async (specimen) => {
      await quickHeads(specimen)
      await machine(specimen, { parts: ['appliance'], signer: answer })
      const taken = await specimen.deposit('signed by nobody').then(
        ({ id: object }) => object,
        () => undefined,
      )
      if (taken !== undefined) throw new Error('a deposit was acknowledged that nothing proves')
      return { watch: atCentre(specimen) }
    },
  })
}

type DiskFault = Omit<NonNullable<MachineState['disk']>, 'under'>

const badDisk = (
  { home }: Specimen,
  { calls, code }: { calls: readonly DiskFault['calls'][number][]; code: string | null },
): MachineState => ({
  parts: ['appliance'],
  disk: { under: homePaths(home).box, calls: [...calls], code },
})

/** Deposits fail while the disk does, and are taken again when it works; none is half there. */
function disk(id: string, what: string, faults: readonly DiskFault[]): Attack {
  return withstood({
    id,
    attack: what,
    ...survived(),
    isInterposed: true,
    carryOut: async (specimen): Promise<Deed> => {
      const deposits = new GoingOn(specimen)
      const complaints: string[] = []
      try {
        for (const fault of faults) {
          await deposits.more(2)
          await machine(specimen, badDisk(specimen, fault))
          const [taken, failed] = [deposits.acknowledged.length, deposits.failed]
          await specimen.clock.sleep(FAULT_MS)
          // what was under way when it began may still be answered
          if (deposits.failed === failed || deposits.acknowledged.length > taken + 1)
            complaints.push(
              `${fault.code ?? 'slowness'} on ${fault.calls.join(', ')}: ${deposits.failed - failed} failed, ${deposits.acknowledged.length - taken} taken`,
            )
          await heal(specimen)
        }
        await deposits.more(3)
      } finally {
        await deposits.end()
      }
      return { watch: everythingIsThere(specimen, deposits.acknowledged, complaints) }
    },
  })
}

const FAULT_MS = 4000
const MIB = 1024 * 1024

/** The kernel refuses the process every further page: what it has in hand fails, or it dies and is started again. */
async function withoutMemory(specimen: Specimen): Promise<Deed> {
  const before = (await readDemo(specimen.home))?.pids.appliance ?? 0
  const deposits = new GoingOn(specimen)
  const complaints: string[] = []
  try {
    await deposits.more(2)
    await run('prlimit', ['--pid', String(before), `--data=${16 * MIB}`])
    const large = await Promise.allSettled(
      Array.from({ length: 4 }, (_, at) =>
        specimen.deposit(`large ${at}`, 'x'.repeat(24 * MIB) + String(at)),
      ),
    )
    await specimen.backAgain()
    const now = (await readDemo(specimen.home))?.pids.appliance
    const isHarmed = now !== before || large.some(({ status }) => status === 'rejected')
    if (!isHarmed) complaints.push('it never lacked memory')
    // a process that lives on lacks it still
    if (now === before) await specimen.restart('appliance', 'SIGTERM')
    await deposits.more(3)
  } finally {
    await deposits.end()
  }
  return { watch: everythingIsThere(specimen, deposits.acknowledged, complaints) }
}
